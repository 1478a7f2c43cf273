"""A cache object: values that may be thrown away and made again, bounded by size, by entries and by time.

Promises: 1. the bounds hold at every instant; 2. of all who ask for the same key at once, one builds; 3. what is over is
never found, and is freed by the next operations, without a thread; 4. builders, listeners, `getsizeof` and the destructors of
values run outside the lock. Refuses: parallel hits; one strict order needs one lock.
"""

from __future__ import annotations

import enum
import math
import threading
import time
from collections.abc import Hashable, MutableMapping
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast, overload

from heirloom.reuse import _bounds
from heirloom.reuse._expiry import Expiry
from heirloom.reuse._order import CostAware, Entry, Recency
from heirloom.reuse._single_flight import SingleFlight
from heirloom.reuse._waiting import Flight

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
D = TypeVar("D")

_EXPIRED_PER_STEP = 32
_MISSING: Any = object()


class Cause(enum.Enum):
    """Why an entry left a cache."""

    EVICTED = "there was no room for it any more"
    EXPIRED = "its time was over"
    REPLACED = "another value was put in its place"
    REMOVED = "it was removed, or the cache was cleared"
    TOO_LARGE = "it was never taken in, because it alone is larger than the whole cache may be"


class CacheStats(NamedTuple):
    """A cache in numbers, since it was made; `entries` and `size` are those of now."""

    hits: int
    misses: int
    waited: int
    """Misses that waited for another's build instead of building."""
    builds: int
    evicted: int
    expired: int
    refused: int
    """Values that were never taken in because they are larger than the whole cache may be."""
    entries: int
    size: float

    @property
    def hit_rate(self) -> float | None:
        """Hits among all requests, from 0 to 1; ``None`` before the first request."""
        requests = self.hits + self.misses
        return self.hits / requests if requests else None


class Cache(SingleFlight[K, V], MutableMapping[K, V]):
    """A dictionary that forgets: least recently used first, or what is cheapest to build again.

    ``maxsize`` bounds the sum of ``getsizeof(value)``, which is 1 for each value unless given; ``max_entries`` bounds the
    entries besides. ``ttl`` and ``idle`` are seconds since an entry was put in and since it was last used;
    ``expire_after(key, value)`` gives seconds for one entry, or ``None``; the earliest counts. ``cost_aware`` evicts what
    saves least build time per unit of size. ``on_leave(key, value, cause)`` is told of each entry that left. ``timer`` tells
    the time in seconds.

    >>> cache = Cache(2)
    >>> cache["a"], cache["b"], cache["c"] = 1, 2, 3
    >>> list(cache.items()), cache.get_or_create("d", lambda: 4)
    ([('b', 2), ('c', 3)], 4)
    """

    def __init__(
        self,
        maxsize: float | None = None,
        getsizeof: Callable[[V], float] | None = None,
        *,
        max_entries: int | None = None,
        ttl: float | None = None,
        idle: float | None = None,
        expire_after: Callable[[K, V], float | None] | None = None,
        cost_aware: bool = False,
        on_leave: Callable[[K, V, Cause], object] | None = None,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        for name, bound in (("maxsize", maxsize), ("max_entries", max_entries)):
            _bounds.at_least(name, bound, 0)
            if bound == 0:
                raise ValueError(f"`{name}` is 0, so nothing could ever be kept; give at least 1, or None for no bound")
        _bounds.some_time("ttl", ttl)
        _bounds.some_time("idle", idle)
        functions = (("getsizeof", getsizeof), ("expire_after", expire_after), ("on_leave", on_leave), ("timer", timer))
        for name, function in functions:
            _bounds.a_function(name, function)
        self._maxsize = math.inf if maxsize is None else maxsize
        self._max_entries = math.inf if max_entries is None else max_entries
        self._getsizeof, self._expire_after, self._on_leave, self._timer = getsizeof, expire_after, on_leave, timer
        self._ttl, self._idle = ttl, idle
        self._timed = not (ttl is None and idle is None and expire_after is None)
        # A destructor or a signal handler may come back to this cache on the same thread.
        self._lock = threading.RLock()
        self._order: Recency[K, V] = CostAware() if cost_aware else Recency()
        self._touch = self._order.touch
        self._expiry = Expiry(idle)
        self._flights: dict[K, Flight[V]] = {}
        self._size: float = 0
        self._hits = self._misses = self._waited = self._builds = self._evicted = self._expired = self._refused = 0

    @property
    def maxsize(self) -> float:
        """The bound of `currsize`; infinity when there is none."""
        return self._maxsize

    @property
    def max_entries(self) -> float:
        """The bound of entries; infinity when there is none."""
        return self._max_entries

    @property
    def currsize(self) -> float:
        """The sum of the sizes of all entries."""
        self.purge()
        return self._size

    def getsizeof(self, value: V) -> float:
        """Size of a value, in the unit of ``maxsize``."""
        return 1 if self._getsizeof is None else self._getsizeof(value)

    def __getitem__(self, key: K) -> V:
        if not self._timed:
            # What `get` does, without calling it: this is the path that is taken most.
            with self._lock:
                entry = self._find(key)
                if entry is not None:
                    self._hits += 1
                    self._touch(entry)
                    return entry.value
                self._misses += 1
            return self.__missing__(key)
        found = self.get(key, _MISSING)
        return self.__missing__(key) if found is _MISSING else found

    def __missing__(self, key: K) -> V:
        """Say what a key has that is not there; a subclass may do better than raise `KeyError`."""
        raise KeyError(key)

    @overload
    def get(self, key: K, /) -> V | None: ...
    @overload
    def get(self, key: K, /, default: V | D) -> V | D: ...
    def get(self, key: K, /, default: Any = None) -> Any:
        """Return the value of a key, which counts as a use, or ``default``."""
        now = self._timer() if self._timed else 0.0
        with self._lock:
            value, gone = self._look(key, now)
            if value is _MISSING:
                self._misses += 1
                value = default
            else:
                self._hits += 1
        if gone:
            self._tell(gone)
        return value

    def peek(self, key: K, default: D | None = None) -> V | D | None:
        """Return the value of a key, or ``default``; neither counts nor touches."""
        now = self._timer() if self._timed else 0.0
        with self._lock:
            entry = self._find(key)
            return default if entry is None or self._is_over(entry, now) else entry.value

    def __contains__(self, key: object) -> bool:
        return self.peek(cast("K", key), _MISSING) is not _MISSING

    def put(self, key: K, value: V, *, cost: float = 0.0) -> None:
        """Put a value in; ``cost`` is what it took to build, in seconds, for a cost-aware cache."""
        self._tell(self._insert(self._weigh(key, value, cost)))

    __setitem__ = put

    def __delitem__(self, key: K) -> None:
        if self._take(key) is None:
            raise KeyError(key)

    def pop(self, key: K, default: Any = _MISSING) -> Any:
        """Take a key out and return its value, or ``default``, or raise `KeyError`."""
        entry = self._take(key)
        if entry is not None:
            return entry.value
        if default is _MISSING:
            raise KeyError(key)
        return default

    def popitem(self) -> tuple[K, V]:
        """Take out the entry that would be evicted next."""
        self.purge()
        with self._lock:
            if not self._order.table:
                raise KeyError("the cache is empty")
            entry = self._leave(self._order.first())
        self._tell([(entry, Cause.REMOVED)])
        return entry.key, entry.value

    def setdefault(self, key: K, default: Any = None) -> Any:
        """Return the value of a key; put ``default`` in when it has none."""
        return self.get_or_create(key, lambda: default)

    def clear(self) -> None:
        """Take everything out. Builds in the air still reach who waits for them, and are not kept."""
        with self._lock:
            gone = [(entry, Cause.REMOVED) for entry in self._order.table.values()]
            for entry, _ in gone:
                self._leave(entry)
            self._flights.clear()
        self._tell(gone)

    def purge(self) -> None:
        """Free everything whose time is over, now."""
        if self._timed:
            now = self._timer()
            with self._lock:
                gone = self._expire(now, None)
            self._tell(gone)

    def __len__(self) -> int:
        self.purge()
        return len(self._order.table)

    def __iter__(self) -> Iterator[K]:
        self.purge()
        with self._lock:
            return iter(list(self._order.table))

    def stats(self) -> CacheStats:
        """Return what the cache has counted."""
        with self._lock:
            counts = self._hits, self._misses, self._waited, self._builds, self._evicted, self._expired, self._refused
            return CacheStats(*counts, len(self._order.table), self._size)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.stats()})"

    def _seat(self, key: K, again: bool) -> tuple[Flight[V] | None, bool, Any]:
        """Find the value of a key, or its flight and whether it is mine to build."""
        now = self._timer() if self._timed else 0.0
        with self._lock:
            value, gone = self._look(key, now)
            # One request counts once, however often it has to look.
            if not again:
                self._hits += value is not _MISSING
                self._misses += value is _MISSING
            flight = None if value is not _MISSING else self._flights.get(key)
            mine = value is _MISSING and flight is None
            if mine:
                self._flights[key] = flight = Flight()
            elif flight is not None:
                self._waited += 1
        if gone:
            self._tell(gone)
        return flight, mine, value

    def _keep(self, key: K, value: V, seconds: float, flight: Flight[V]) -> None:
        entry = self._weigh(key, value, seconds)
        gone: list[tuple[Entry[K, V], Cause]] = []
        with self._lock:
            self._builds += 1
            # Who put, removed or cleared meanwhile has the last word.
            if self._flights.get(key) is flight:
                gone = self._insert(entry)
        flight.land(value)
        self._tell(gone)

    def _look(self, key: K, now: float) -> tuple[Any, list[tuple[Entry[K, V], Cause]] | None]:
        """Find and touch; what has expired comes back to be told and dropped outside the lock."""
        entry = self._find(key)
        if entry is None or (self._timed and self._expiry.deadline(entry) <= now):
            return _MISSING, self._expire(now, _EXPIRED_PER_STEP) if self._timed else None
        entry.used = now
        self._order.touch(entry)
        return entry.value, None

    def _find(self, key: K) -> Entry[K, V] | None:
        try:
            return self._order.table.get(key)
        except TypeError:
            _bounds.hashable("a cache", key)
            raise

    def _weigh(self, key: K, value: V, cost: float) -> Entry[K, V]:
        _bounds.hashable("a cache", key)
        size = self.getsizeof(value)
        if not size >= 0:
            raise ValueError(f"`getsizeof` gives {size!r} for {_bounds.short(value)}; a size is at least 0")
        if not self._timed:
            return Entry(key, value, size, cost, math.inf)
        times = [self._ttl, self._expire_after(key, value) if self._expire_after else None]
        return Entry(key, value, size, cost, self._timer() + min((time for time in times if time is not None), default=math.inf))

    def _insert(self, entry: Entry[K, V]) -> list[tuple[Entry[K, V], Cause]]:
        entry.used = self._timer() if self._timed else 0.0
        with self._lock:
            self._flights.pop(entry.key, None)
            gone = self._expire(entry.used, _EXPIRED_PER_STEP) if self._timed else []
            old = self._order.table.get(entry.key)
            if old is not None:
                gone.append((self._leave(old), Cause.REPLACED))
            if entry.size > self._maxsize:
                self._refused += 1
                return [*gone, (entry, Cause.TOO_LARGE)]
            if self._timed and self._expiry.deadline(entry) <= entry.used:
                self._expired += 1
                return [*gone, (entry, Cause.EXPIRED)]
            table = self._order.table
            while table and (len(table) >= self._max_entries or self._size + entry.size > self._maxsize):
                self._evicted += 1
                gone.append((self._leave(self._order.first()), Cause.EVICTED))
            self._order.add(entry)
            self._size += entry.size
            if self._timed:
                self._expiry.add(entry)
            return gone

    def _take(self, key: K) -> Entry[K, V] | None:
        now = self._timer() if self._timed else 0.0
        with self._lock:
            entry = self._find(key)
            self._flights.pop(key, None)
            if entry is None or self._is_over(entry, now):
                return None
            self._leave(entry)
        self._tell([(entry, Cause.REMOVED)])
        return entry

    def _is_over(self, entry: Entry[K, V], now: float) -> bool:
        return self._timed and self._expiry.deadline(entry) <= now

    def _expire(self, now: float, most: int | None) -> list[tuple[Entry[K, V], Cause]]:
        """Take out what is over: all of it, or so much that no single operation takes long."""
        gone = [(self._leave(entry), Cause.EXPIRED) for entry in islice(self._expiry.over(now), most)]
        self._expired += len(gone)
        return gone

    def _leave(self, entry: Entry[K, V]) -> Entry[K, V]:
        table = self._order.table
        self._order.remove(entry)
        # A sum of fractions forgets: an empty cache has size 0 exactly.
        self._size = self._size - entry.size if table else 0
        if self._timed:
            self._expiry.forget_all_but(table.values(), len(table))
        return entry

    def _tell(self, gone: list[tuple[Entry[K, V], Cause]]) -> None:
        """Tell the listener of each; what it raises first comes out when all are told."""
        if self._on_leave is None:
            return
        raised = None
        for entry, cause in gone:
            try:
                self._on_leave(entry.key, entry.value, cause)
            except Exception as error:
                raised = raised or error
        if raised is not None:
            raise raised

