"""What share of all build seconds Python's caches save: `heirloom.reuse.Cache` beside cachetools, on one trace of calls.

Usage: ``python benches/python/policies.py [TRACE.csv ...]``; a trace has ``key,bytes,build_seconds`` on each line. Without one,
three are made up after the descriptions in ``docs/benchmarks.md``. The engine's own order and the clairvoyant are played by
``heirloom advise`` on the very same calls. Promises: all play the same calls with the same bound in bytes. Refuses: time.
"""

from __future__ import annotations

import csv
import json
import math
import random
import subprocess
import sys
import tempfile
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cachetools
from heirloom.reuse import Cache

if TYPE_CHECKING:
    from collections.abc import Callable

Call = tuple[str, int, float]

CALLS = 200_000


def popular(things: int, skew: float, drift: int, number: random.Random) -> list[int]:
    """Draw things after Zipf's law; every ``drift`` calls another one becomes popular."""
    weights = list(accumulate(rank**-skew for rank in range(1, things + 1)))
    ranks, drawn = list(range(things)), []
    for at in range(CALLS):
        (rank,) = number.choices(range(things), cum_weights=weights)
        if drift and at % drift == 0:
            other = number.randrange(things)
            ranks[rank], ranks[other] = ranks[other], ranks[rank]
        drawn.append(ranks[rank])
    return drawn


def expensive(things: int, skew: float, drift: int, seed: int) -> list[Call]:
    """Make calls of things of 10 kB to 1 GB that take 10 ms to 1 h, over all orders of magnitude."""
    number = random.Random(seed)
    kinds = [(int(10 ** number.uniform(4, 9)), 10 ** number.uniform(-2, math.log10(3600))) for _ in range(things)]
    return [(str(thing), *kinds[thing]) for thing in popular(things, skew, drift, number)]


def uniform(things: int, skew: float, seed: int) -> list[Call]:
    """Make calls of things that are all alike."""
    return [(str(thing), 1000, 1.0) for thing in popular(things, skew, 0, random.Random(seed))]


def read(path: str) -> list[Call]:
    """Read a recorded trace."""
    with open(path, newline="") as file:
        return [(key, int(size), float(seconds)) for key, size, seconds in csv.reader(file) if size != "bytes"]


def saved(calls: list[Call], cache: Any, keep: Callable[[Any, str, int, float], None]) -> float:
    """Play the calls; the share of all build seconds that the cache saves."""
    won = 0.0
    for key, size, seconds in calls:
        if cache.get(key) is not None:
            won += seconds
        else:
            keep(cache, key, size, seconds)
    return won / sum(seconds for _, _, seconds in calls)


def put(cache: Any, key: str, size: int, _: float) -> None:
    """Keep what fits."""
    if size <= cache.maxsize:
        cache[key] = size


def played(calls: list[Call], percent: float) -> dict[str, float]:
    """Play one trace with a part of all its bytes as bound."""
    budget = int(sum({key: size for key, size, _ in calls}.values()) * percent / 100)
    ours = Cache(budget, getsizeof=lambda size: size, cost_aware=True)
    shares = {
        "cachetools LRU": saved(calls, cachetools.LRUCache(budget, getsizeof=lambda size: size), put),
        "cachetools LFU": saved(calls, cachetools.LFUCache(budget, getsizeof=lambda size: size), put),
        "`Cache`": saved(calls, Cache(budget, getsizeof=lambda size: size), put),
        "**`Cache(cost_aware=True)`**": saved(calls, ours, lambda c, key, size, cost: c.put(key, size, cost=cost)),
    }
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "calls.csv")
        file.write_text("".join(f"{key},{size},{seconds!r}\n" for key, size, seconds in calls))
        command = [sys.executable, "-m", "heirloom", "advise", str(file), "--budgets", f"{budget}", "--json"]
        told = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)["budgets"][0]
    return {**shares, "GDSF (textbook)": told["gdsf"], "the engine": told["heirloom"], "clairvoyant": told["clairvoyant"]}


def main() -> None:
    """Print one table."""
    traces = {Path(path).name: read(path) for path in sys.argv[1:]} or {
        "expensive, 10,000 things, zipf 0.9, drift every 20": expensive(10_000, 0.9, 20, 101),
        "expensive, 3,000 things, zipf 0.6, drift every 7": expensive(3_000, 0.6, 7, 101),
        "equal, 10,000 things, zipf 0.9": uniform(10_000, 0.9, 101),
    }
    headed = False
    for name, calls in traces.items():
        for percent in (1, 3, 10):
            shares = played(calls, percent)
            if not headed:
                headed = True
                sys.stdout.write(f"| Trace | Memory | {' | '.join(shares)} |\n|---|---|{'---|' * len(shares)}\n")
            cells = " | ".join(f"{share:.3f}" for share in shares.values())
            sys.stdout.write(f"| {name} | {percent} % | {cells} |\n")


if __name__ == "__main__":
    main()
