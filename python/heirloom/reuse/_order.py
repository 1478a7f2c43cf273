"""Decides which entry of a cache goes first.

`Recency` is the least recently used. `CostAware` is GreedyDual-Size-Frequency (L. Cherkasova, HP Labs 1998): the rank of an
entry is the age that evictions had reached when it was last used, plus uses times build seconds per unit of size; evicting
raises the age to the rank that went. Promises: a hit takes constant time. Refuses: locks; the cache holds its own.
"""

from __future__ import annotations

import heapq
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Hashable

K = TypeVar("K", bound="Hashable")
V = TypeVar("V")


class Entry(Generic[K, V]):
    """One value with what is known of it."""

    __slots__ = ("age", "cost", "deadline", "key", "listed", "size", "tick", "used", "uses", "value")

    def __init__(self, key: K, value: V, size: float, cost: float, deadline: float) -> None:
        self.key, self.value, self.size, self.cost, self.deadline = key, value, size, cost, deadline
        self.used = self.age = 0.0
        self.uses, self.tick, self.listed = 1, 0, True


class Recency(Generic[K, V]):
    """The least recently used goes first."""

    def __init__(self) -> None:
        self.table: OrderedDict[K, Entry[K, V]] = OrderedDict()

    def add(self, entry: Entry[K, V]) -> None:
        """Take in an entry whose key is not there, as the most recently used."""
        self.table[entry.key] = entry

    def touch(self, entry: Entry[K, V]) -> None:
        """Note a use."""
        self.table.move_to_end(entry.key)

    def first(self) -> Entry[K, V]:
        """Say who goes first; there must be one."""
        return next(iter(self.table.values()))

    def remove(self, entry: Entry[K, V]) -> None:
        """Take an entry out."""
        del self.table[entry.key]
        entry.listed = False


class CostAware(Recency[K, V]):
    """What saves least build time per unit of size goes first; age makes everything go in the end."""

    def __init__(self) -> None:
        super().__init__()
        self._age, self._tick = 0.0, 0
        # Lower bounds: an entry that was used since it was ranked is ranked again when it reaches the top.
        self._heap: list[tuple[float, int, Any]] = []

    def add(self, entry: Entry[K, V]) -> None:
        """Take in an entry whose key is not there."""
        super().add(entry)
        entry.uses = 0
        self.touch(entry)
        heapq.heappush(self._heap, self._ranked(entry))

    def touch(self, entry: Entry[K, V]) -> None:
        """Note a use."""
        self._tick += 1
        entry.uses, entry.age, entry.tick = entry.uses + 1, self._age, self._tick

    def first(self) -> Entry[K, V]:
        """Say who goes first; there must be one. It is expected to go."""
        while True:
            rank, tick, entry = self._heap[0]
            if not entry.listed:
                heapq.heappop(self._heap)
            elif tick != entry.tick:
                heapq.heapreplace(self._heap, self._ranked(entry))
            else:
                self._age = rank
                return entry  # type: ignore[no-any-return]

    def remove(self, entry: Entry[K, V]) -> None:
        """Take an entry out; its place in the heap is cleared when half the heap is such places."""
        super().remove(entry)
        if len(self._heap) > 32 + 2 * len(self.table):
            self._heap = [self._ranked(entry) for entry in self.table.values()]
            heapq.heapify(self._heap)

    def _ranked(self, entry: Entry[K, V]) -> tuple[float, int, Entry[K, V]]:
        # The tick is unique, so entries themselves are never compared.
        return entry.age + entry.uses * max(entry.cost, 1e-9) / max(entry.size, 1e-9), entry.tick, entry
