"""Ten seconds of the soak, with all of its faults; the ten minutes are a command (``soak.py``).

Promises checked: no wrong value, no exception, no growth, nothing left over. Refuses: to be long.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.timeout(600)
def test_ten_seconds_of_the_soak():
    words = ["--minutes", "0.17", "--processes", "2", "--seed", "7"]
    done = subprocess.run(
        [sys.executable, str(Path(__file__).parent / "soak.py"), *words],
        capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "fine" in done.stdout
