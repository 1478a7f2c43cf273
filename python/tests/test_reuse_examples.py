"""Runs the Python half of ``examples/reuse/``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "examples" / "reuse"
EXAMPLES = sorted(path.name for path in FOLDER.glob("*.py"))


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_example_runs(name, tmp_path):
    command = [sys.executable, "-W", "error", FOLDER / name]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_there_are_nine():
    assert len(EXAMPLES) == 9
