"""Get-or-create for every table: of all who ask for the same key at once, one builds.

Promises: 1. threads and tasks wait for each other; 2. what a builder raises goes to its own caller and is not kept, and one of
those who waited takes over; 3. a builder that asks for its own key, directly or through other tables, builds as if there
were none. Refuses: keeping, and finding what is there; the compiled half of a table does both.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from heirloom.reuse._roads import IN_TASK, ON_THREAD, drive
from heirloom.reuse._waiting import Building, CircleError, Flight

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from heirloom.reuse._roads import Way

K = TypeVar("K")
V = TypeVar("V")

_MISSING: Any = object()


class SingleFlight(ABC, Generic[K, V]):
    """A table in which each key is built once at a time."""

    __slots__ = ()

    @abstractmethod
    def _hit(self, key: K, default: Any) -> Any:
        """Find the value of a key, which counts as a hit, or ``default``, which does not count."""

    @abstractmethod
    def _seat(self, key: K, again: bool) -> tuple[Flight[V] | None, bool, Any]:
        """Find the value of a key, or its flight and whether it is mine to build. ``again``: this request was counted."""

    @abstractmethod
    def _keep(self, key: K, value: V, seconds: float, flight: Flight[V]) -> None:
        """Keep what was built, and land."""

    @abstractmethod
    def _leave_flight(self, flight: Flight[V]) -> None:
        """Take a flight out, if it is still listed."""

    def _build(self, key: K, create: Callable[[], V]) -> V:
        """Go the road of a miss on this thread."""
        return drive(self._road(key, create, ON_THREAD))

    async def get_or_create_async(self, key: K, create: Callable[[], Awaitable[V]]) -> V:
        """Do as `get_or_create` does, for an ``async`` builder; no event loop is blocked.

        >>> import asyncio
        >>> from heirloom.reuse import Cache
        >>> async def build():
        ...     return "built"
        >>> asyncio.run(Cache().get_or_create_async("a", build))
        'built'
        """
        found = self._hit(key, _MISSING)
        if found is not _MISSING:
            return found  # type: ignore[no-any-return]
        return await self._road(key, create, IN_TASK)

    async def _road(self, key: K, create: Callable[[], Any], way: Way) -> V:
        """Build, or wait for who builds, until there is a value."""
        again = False
        while True:
            flight, mine, value = self._seat(key, again)
            if flight is None:
                return value  # type: ignore[no-any-return]
            if mine:
                begun = time.perf_counter()
                try:
                    with Building(flight):
                        made: V = await way.call(create)
                    self._keep(key, made, time.perf_counter() - begun, flight)
                finally:
                    self._leave_flight(flight)
                    flight.crash()
                return made
            again = True
            try:
                if await flight.over(way):
                    return flight.value
            except CircleError:
                return await way.call(create)  # type: ignore[no-any-return]
