"""Knows which entry of a cache expires next.

Promises: 1. what is over is found in logarithmic time, without looking at the rest; 2. using an entry costs nothing here: the
heap holds lower bounds. Refuses: the clock; the caller tells the time.
"""

from __future__ import annotations

import heapq
import itertools
import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from heirloom.reuse._order import Entry


class Expiry:
    """Entries by the time at which they are over."""

    def __init__(self, idle: float | None) -> None:
        self._idle = math.inf if idle is None else idle
        self._heap: list[tuple[float, int, Any]] = []
        self._numbers = itertools.count()

    def deadline(self, entry: Entry[Any, Any]) -> float:
        """Say when an entry is over, as long as nobody uses it."""
        return min(entry.deadline, entry.used + self._idle)

    def add(self, entry: Entry[Any, Any]) -> None:
        """Take in an entry, unless it never ends."""
        deadline = self.deadline(entry)
        if deadline < math.inf:
            heapq.heappush(self._heap, (deadline, next(self._numbers), entry))

    def over(self, now: float) -> Iterator[Entry[Any, Any]]:
        """Take out, one by one, what is over by now."""
        while self._heap and self._heap[0][0] <= now:
            entry = heapq.heappop(self._heap)[2]
            if not entry.listed:
                continue
            if self.deadline(entry) <= now:
                yield entry
            else:
                self.add(entry)

    def forget_all_but(self, entries: Iterable[Entry[Any, Any]], count: int) -> None:
        """Clear the places of entries that left, once half the heap is such places."""
        if len(self._heap) > 32 + 2 * count:
            self._heap = []
            for entry in entries:
                self.add(entry)
