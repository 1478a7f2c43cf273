"""What recording costs while an object is built: each builder plainly, and through `@heirloom.cached` as a miss.

    PYTHONPATH=python python benches/python/building.py          # about half a minute

The builders take some tenths of a second each and differ in what they do: many tiny Python functions, few large ones, a library of
Python code, a compiled library, small files. Both ways get their turn in each round, the other one first each time; a figure is the
median of the rounds, a ratio the median of their ratios. Use a release build of the extension.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

import heirloom

ROUNDS = 9


def _square(x: int) -> int:
    return x * x + 1


def tiny_functions(turn: int) -> int:
    """A million calls of a function of one line."""
    return turn + sum(_square(x) for x in range(1_000_000))


def one_large_function(turn: int) -> int:
    """A loop that calls nothing."""
    total = turn
    for x in range(4_000_000):
        total += x * x % 7
    return total


def a_python_library(turn: int) -> int:
    """Texts to objects and back."""
    return sum(len(json.dumps(json.loads('{"a": [1, 2, 3]}'), indent=1)) for _ in range(20_000 + turn))


def a_compiled_library(turn: int) -> float:
    """Some hundred large steps of NumPy."""
    table = np.arange(200_000.0) + turn
    for _ in range(300):
        table = np.sqrt(table * table + 1)
    return float(table.sum())


def small_files(turn: int) -> int:
    """Two hundred files, each read ten times."""
    return turn + sum(len(Path(f"data/{at}.txt").read_bytes()) for _ in range(10) for at in range(200))


BUILDERS: tuple[Callable[[int], object], ...] = (tiny_functions, one_large_function, a_python_library, a_compiled_library, small_files)


def main() -> None:
    """Measure, print the table."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "data").mkdir()
        for at in range(200):
            (Path(folder) / f"data/{at}.txt").write_text(str(at))
        os.chdir(folder)
        print(f"Python {sys.version.split()[0]}\n")
        print("| Builder | plainly | recorded | ratio (10–90 % of rounds) |\n|---|---|---|---|")
        for builder in BUILDERS:
            _row(builder, folder)


def _row(builder: Callable[[int], object], folder: str) -> None:
    recorded = heirloom.cached(store=Path(folder) / "store")(builder)
    ways: dict[str, Callable[[int], object]] = {"plainly": builder, "recorded": recorded}
    times: dict[str, list[float]] = {name: [] for name in ways}
    for call in ways.values():
        call(0)  # imports, and the first reading of the sources
    for turn in range(1, ROUNDS + 1):
        for name in sorted(ways, reverse=bool(turn % 2)):
            begun = time.perf_counter()
            ways[name](turn)
            times[name].append(time.perf_counter() - begun)
    ratios = sorted(one / base for one, base in zip(times["recorded"], times["plainly"], strict=True))
    low, high = ratios[len(ratios) // 10], ratios[-1 - len(ratios) // 10]
    plain, slow = (statistics.median(times[name]) * 1e3 for name in ways)
    print(f"| {builder.__name__.replace('_', ' ')} | {plain:.0f} ms | {slow:.0f} ms | {statistics.median(ratios):.2f} ({low:.2f}–{high:.2f}) |")


if __name__ == "__main__":
    main()
