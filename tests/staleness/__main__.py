"""Prints the verdict of each case whose name begins as asked: ``python -m staleness [-v] [BEGINNING ...]``."""

from __future__ import annotations

import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from staleness.cases import CASES
from staleness.judge import judge


def main(words: list[str]) -> int:
    """Judge the cases, two at a time; print every one that is not correct, then the counts."""
    beginnings = tuple(word for word in words if word != "-v")
    chosen = [case for case in CASES if not beginnings or case.name.startswith(beginnings)]
    counts: Counter[str] = Counter()
    with ThreadPoolExecutor(2) as pool:
        for case, verdict in zip(chosen, pool.map(judge, chosen), strict=True):
            counts[verdict.partition(" ")[0]] += 1
            if verdict != "correct" or "-v" in words:
                print(f"{case.name:<44} {case.expect:<12} {verdict}", flush=True)
    print(dict(counts))
    return int(set(counts) != {"correct"})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
