"""A table of values that live exactly as long as somebody holds them.

Promises: 1. of all who ask for the same key at once, one builds; 2. a dead entry takes itself out, and nothing ever walks the
table to find it; 3. no lock is waited for by a dying object, which may die anywhere, also inside another table. Refuses:
bounds; a holder that never lets go keeps its object for ever.
"""

from __future__ import annotations

import threading
import weakref
from collections import deque
from collections.abc import Hashable, MutableMapping
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar, cast

from heirloom.reuse import _bounds
from heirloom.reuse._single_flight import SingleFlight
from heirloom.reuse._waiting import Flight

if TYPE_CHECKING:
    from collections.abc import Iterator

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

_MISSING: Any = object()


class WeakStats(NamedTuple):
    """A weak table in numbers, since it was made; `live` is the number of objects that live now."""

    hits: int
    misses: int
    waited: int
    builds: int
    live: int


class _Entry(weakref.ref, Generic[K, V]):  # type: ignore[type-arg]
    __slots__ = ("key", "uses")

    key: K
    uses: int


class WeakValueCache(SingleFlight[K, V], MutableMapping[K, V]):
    """A dictionary whose entries vanish with the last holder of their value.

    >>> class Session: pass
    >>> sessions = WeakValueCache()
    >>> ann = sessions.get_or_create("ann", Session)
    >>> sessions.get_or_create("ann", Session) is ann, len(sessions), sessions.uses("ann")
    (True, 1, 1)
    >>> del ann
    >>> len(sessions)
    0
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._table: dict[K, _Entry[K, V]] = {}
        self._flights: dict[K, Flight[V]] = {}
        self._hits = self._misses = self._waited = self._builds = 0
        self._dead: deque[_Entry[K, V]] = deque()
        # While somebody walks the table on this very thread, nothing may leave it.
        self._walked = 0
        own = weakref.ref(self)

        def bury(entry: Any) -> None:
            if (table := own()) is not None:
                table._dead.append(entry)
                table._bury()

        self._on_death = bury

    def get(self, key: K, default: Any = None) -> Any:
        """Return the living value of a key, which counts as a use, or ``default``."""
        with self._lock:
            value = self._find(key)
            self._hits += value is not _MISSING
            self._misses += value is _MISSING
        return default if value is _MISSING else value

    def __getitem__(self, key: K) -> V:
        value: V = self.get(key, _MISSING)
        if value is _MISSING:
            raise KeyError(key)
        return value

    def __setitem__(self, key: K, value: V) -> None:
        entry = self._entry(key, value)
        with self._lock:
            self._flights.pop(key, None)
            self._table[key] = entry
        self._bury()

    def __delitem__(self, key: K) -> None:
        with self._lock:
            self._flights.pop(key, None)
            entry = self._table.pop(key)
        if entry() is None:
            raise KeyError(key)

    def __contains__(self, key: object) -> bool:
        entry = self._table.get(cast("K", key))
        return entry is not None and entry() is not None

    def __iter__(self) -> Iterator[K]:
        self._bury()
        with self._lock:
            self._walked += 1
            try:
                return iter([key for key, entry in self._table.items() if entry() is not None])
            finally:
                self._walked -= 1

    def __len__(self) -> int:
        self._bury()
        return len(self._table)

    def clear(self) -> None:
        """Take everything out; who holds a value keeps it."""
        with self._lock:
            self._table.clear()
            self._flights.clear()

    def uses(self, key: K) -> int:
        """Return how often the living value of a key was handed out again."""
        entry = self._table.get(key)
        if entry is None or entry() is None:
            raise KeyError(key)
        return entry.uses

    def stats(self) -> WeakStats:
        """Return what the table has counted."""
        live = len(self)
        return WeakStats(self._hits, self._misses, self._waited, self._builds, live)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.stats()})"

    def setdefault(self, key: K, default: Any = None) -> Any:
        """Return the living value of a key; put ``default`` in when it has none."""
        return self.get_or_create(key, lambda: default)

    def _seat(self, key: K, again: bool) -> tuple[Flight[V] | None, bool, Any]:
        with self._lock:
            value = self._find(key)
            if not again:
                self._hits += value is not _MISSING
                self._misses += value is _MISSING
            if value is not _MISSING:
                return None, False, value
            flight = self._flights.get(key)
            if flight is not None:
                self._waited += 1
                return flight, False, None
            self._flights[key] = flight = Flight()
            return flight, True, None

    def _find(self, key: K) -> Any:
        try:
            entry = self._table.get(key)
        except TypeError:
            _bounds.hashable(f"a {type(self).__name__}", key)
            raise
        value = None if entry is None else entry()
        if entry is None or value is None:
            return _MISSING
        entry.uses += 1
        return value

    def _keep(self, key: K, value: V, seconds: float, flight: Flight[V]) -> None:
        entry = self._entry(key, value)
        with self._lock:
            self._builds += 1
            if self._flights.get(key) is flight:
                self._table[key] = entry
        flight.land(value)

    def _entry(self, key: K, value: V) -> _Entry[K, V]:
        _bounds.hashable(f"a {type(self).__name__}", key)
        try:
            entry: _Entry[K, V] = _Entry(value, self._on_death)
        except TypeError:
            raise TypeError(_no_reference(type(self).__name__, value)) from None
        entry.key, entry.uses = key, 0
        return entry

    def _bury(self) -> None:
        """Take the dead out, unless somebody is at work here, who comes by again: the dying wait for no lock."""
        while self._dead and not self._walked and self._lock.acquire(blocking=False):
            try:
                entry = self._dead.popleft()
                if self._table.get(entry.key) is entry:
                    del self._table[entry.key]
            except IndexError:
                return
            finally:
                self._lock.release()


def _no_reference(place: str, value: object) -> str:
    kind = type(value).__name__
    if hasattr(type(value), "__slots__") and type(value).__module__ != "builtins":
        out = f'add "__weakref__" to the `__slots__` of {kind}'
    else:
        out = "wrap it in a class of your own, or use a `Cache`, which holds its values itself"
    return f"a {place} cannot hold {_bounds.short(value)}: Python keeps no weak references to {kind} objects; {out}"
