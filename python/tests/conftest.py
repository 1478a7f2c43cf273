"""What all tests share: a key file of their own, and children that are real processes.

Promises: no test reads or writes this user's key, store or cache.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

import pytest

_home = tempfile.mkdtemp(prefix="heirloom-tests-")
os.environ["XDG_CONFIG_HOME"] = str(Path(_home) / "config")
os.environ["XDG_CACHE_HOME"] = str(Path(_home) / "cache")
os.environ.pop("HEIRLOOM_DISABLE", None)
# A shell starts what runs in its background with Ctrl-C ignored, and children inherit that; some tests press it.
signal.signal(signal.SIGINT, signal.default_int_handler)

pytest_plugins = ["pytester"]


class Project:
    """A folder with a module, run by real processes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(textwrap.dedent(text))

    def run(self, program: str, *flags: str, **variables: str) -> str:
        """Run a program in this folder; return what it printed."""
        done = self.start(program, *flags, **variables)
        out, err = done.communicate(timeout=60)
        assert done.returncode == 0, err
        return out.strip()

    def start(self, program: str, *flags: str, **variables: str) -> subprocess.Popen[str]:
        command = [sys.executable, *flags, "-c", textwrap.dedent(program)]
        environment = {**os.environ, **variables, "PYTHONDONTWRITEBYTECODE": "1"}
        return subprocess.Popen(
            command, cwd=self.folder, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "heirloom.toml").write_text("")
    return Project(tmp_path)
