"""Get-or-create for every table: of all who ask for the same key at once, one builds.

Promises: 1. threads and tasks wait for each other; 2. what a builder raises goes to its own caller and is not kept, and one of
those who waited takes over; 3. a builder that asks for its own key, directly or through other tables, builds as if there
were none. Refuses: keeping; the table does that in `_keep`.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from heirloom.reuse._waiting import Building, CircleError, Flight

if TYPE_CHECKING:
    import threading
    from collections.abc import Awaitable, Callable

K = TypeVar("K")
V = TypeVar("V")


class SingleFlight(ABC, Generic[K, V]):
    """A table in which each key is built once at a time."""

    _lock: threading.RLock
    _flights: dict[K, Flight[V]]

    @abstractmethod
    def _seat(self, key: K, again: bool) -> tuple[Flight[V] | None, bool, Any]:
        """Find the value of a key, or its flight and whether it is mine to build. ``again``: this request was counted."""

    @abstractmethod
    def _keep(self, key: K, value: V, seconds: float, flight: Flight[V]) -> None:
        """Keep what was built, and land."""

    def get_or_create(self, key: K, create: Callable[[], V]) -> V:
        """Return the value of a key; of all who ask for it at once, one runs ``create``."""
        again = False
        while True:
            flight, mine, value = self._seat(key, again)
            if flight is None:
                return value  # type: ignore[no-any-return]
            if mine:
                begun = time.perf_counter()
                try:
                    with Building(flight):
                        made = create()
                    self._keep(key, made, time.perf_counter() - begun, flight)
                finally:
                    self._abandon(key, flight)
                return made
            again = True
            try:
                if flight.wait():
                    return flight.value
            except CircleError:
                return create()

    async def get_or_create_async(self, key: K, create: Callable[[], Awaitable[V]]) -> V:
        """Do as `get_or_create` does, for an ``async`` builder; no event loop is blocked."""
        again = False
        while True:
            flight, mine, value = self._seat(key, again)
            if flight is None:
                return value  # type: ignore[no-any-return]
            if mine:
                begun = time.perf_counter()
                try:
                    with Building(flight):
                        made = await create()
                    self._keep(key, made, time.perf_counter() - begun, flight)
                finally:
                    self._abandon(key, flight)
                return made
            again = True
            try:
                if await flight.wait_async():
                    return flight.value
            except CircleError:
                return await create()

    def _abandon(self, key: K, flight: Flight[V]) -> None:
        with self._lock:
            if self._flights.get(key) is flight:
                del self._flights[key]
        flight.crash()
