"""The hand-made types under the debug hooks of Python's allocator, with every block and every reference counted.

Promises checked: no road of a call leaves anything behind; no byte outside of a block is written, and none that was freed
is read. In a debug build of Python, references are counted as well. Refuses: to trust a look at the code.
"""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.mark.timeout(900)
def test_no_road_of_a_call_leaves_anything_behind():
    done = subprocess.run(
        [sys.executable, str(HERE / "counted.py")],
        env={**os.environ, "PYTHONMALLOC": "debug"}, capture_output=True, text=True, timeout=900, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("fine: ") >= 20, done.stdout


@pytest.mark.timeout(900)
def test_the_tests_of_the_hand_made_types_pass_under_the_debug_allocator():
    folder = HERE.parents[1] / "python" / "tests"
    # Where the package is installed, pytest finds its plugin by itself, and must not be given it twice.
    installed = any(found.name == "heirloom" for found in importlib.metadata.entry_points(group="pytest11"))
    plugin = [] if installed else ["-p", "heirloom.pytest_plugin"]
    tests = [str(folder / name) for name in ("test_lru.py", "test_concurrency.py", "test_sharing.py")]
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-m", "pytest", "-q", "-p", "no:cacheprovider", *plugin, *tests],
        env={**os.environ, "PYTHONMALLOC": "debug"}, capture_output=True, text=True, timeout=900, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "[100%]" in done.stdout
