"""``import heirloom`` loads what its first call needs only when that call comes."""

from __future__ import annotations

import subprocess
import sys

import heirloom

HEAVY = [
    "ast", "asyncio", "concurrent.futures", "dataclasses", "difflib", "hashlib", "importlib.metadata", "inspect", "json",
    "linecache", "multiprocessing", "numpy", "pathlib", "pickle", "shlex", "sqlite3", "struct", "subprocess", "sysconfig",
    "tempfile", "urllib.parse", "heirloom._arguments", "heirloom._closure.closure", "heirloom._closure.sources",
    "heirloom._closure.walker", "heirloom._recording", "heirloom._sealing", "heirloom._tasks", "heirloom.reuse",
]  # fmt: skip


def loaded_by(program: str) -> set[str]:
    """Run a program in a bare interpreter; return which heavy modules it has loaded."""
    path = heirloom.__file__.rpartition("/heirloom/")[0]
    # Newer interpreters load `linecache` for a program of their own accord.
    program = f"import sys; sys.path.append({path!r}); had = {{*sys.modules}}; {program}; print(*({{*sys.modules}} - had))"
    command = [sys.executable, "-I", "-S", "-c", program]
    done = subprocess.run(command, text=True, capture_output=True, timeout=60, check=True)
    return set(HEAVY).intersection(done.stdout.split())


def test_importing_loads_nothing_heavy():
    assert loaded_by("import heirloom") == set()


def test_decorating_loads_nothing_heavy():
    assert loaded_by("import heirloom; heirloom.cached(ignore=('x',), ttl='1h')(lambda x: [x])") == set()
