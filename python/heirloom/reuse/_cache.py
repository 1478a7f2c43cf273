"""A cache object: values that may be thrown away and made again, bounded by size, by entries and by time.

Promises: 1. the bounds hold at every instant; 2. of all who ask for the same key at once, one builds; 3. what is over is
never found, and is freed by the next operations, without a thread; 4. no lock: the compiled half (`CacheCore`) changes in steps
that run no code of yours, and builders, listeners, `getsizeof`, ``__eq__`` and destructors run between them. Refuses: checking
that equal keys stay equal.
"""

from __future__ import annotations

import enum
import math
import time
from collections.abc import Hashable, ItemsView, MutableMapping, ValuesView
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from heirloom._heirloom import CacheCore
from heirloom.reuse import _bounds
from heirloom.reuse._single_flight import SingleFlight
from heirloom.reuse._views import PairsNow, ValuesNow

if TYPE_CHECKING:
    from collections.abc import Callable

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Cause(enum.Enum):
    """Why an entry left a cache.

    >>> cache = Cache(1, on_leave=lambda key, value, cause: print(key, "left:", cause.value))
    >>> cache["a"] = 1
    >>> cache["b"] = 2
    a left: there was no room for it any more
    """

    EVICTED = "there was no room for it any more"
    EXPIRED = "its time was over"
    REPLACED = "another value was put in its place"
    REMOVED = "it was removed, or the cache was cleared"
    TOO_LARGE = "it was never taken in, because it alone is larger than the whole cache may be"


class CacheStats(NamedTuple):
    """A cache in numbers, since it was made; `entries` and `size` are those of now.

    >>> cache = Cache()
    >>> cache.get_or_create("a", lambda: 1), cache.get("a"), cache.stats().hits, cache.stats().hit_rate
    (1, 1, 1, 0.5)
    """

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


class Cache(CacheCore[K, V], SingleFlight[K, V], MutableMapping[K, V]):
    """A dictionary that forgets: least recently used first, or what is cheapest to build again.

    ``maxsize`` bounds the sum of ``getsizeof(value)``, which is 1 for each value unless given; ``max_entries`` bounds the
    entries besides. ``ttl`` and ``idle`` are seconds since an entry was put in and since it was last used;
    ``expire_after(key, value)`` gives seconds for one entry, or ``None``; the earliest counts. ``cost_aware`` evicts what
    saves least build time per unit of size, and remembers the uses of what it evicted. ``on_leave(key, value, cause)`` is
    told of each entry that left. ``typed`` tells keys apart that Python calls equal: ``1``, ``1.0`` and ``True`` are three, in
    tuples too. ``timer`` tells the time in seconds. ``items`` and ``values`` are those of the moment when iteration begins.

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
        typed: bool = False,
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
        self._getsizeof = getsizeof
        # A method is asked through the instance, so that the cache does not hold itself.
        weigh = True if type(self).getsizeof is not Cache.getsizeof else getsizeof
        clock = None if timer is time.monotonic else timer
        causes = tuple(Cause)
        self._settle(
            self._maxsize, self._max_entries, weigh, ttl, idle, expire_after, cost_aware, on_leave, clock, causes, typed
        )

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
        return self._size()

    def getsizeof(self, value: V) -> float:
        """Size of a value, in the unit of ``maxsize``.

        >>> cache = Cache(10, getsizeof=len)
        >>> cache["name"] = "heirloom"
        >>> cache.currsize
        8
        """
        return 1 if self._getsizeof is None else self._getsizeof(value)

    def items(self) -> ItemsView[K, V]:
        """Return the pairs; looking at them is no use, and no other thread can take them away meanwhile.

        >>> cache = Cache()
        >>> cache.update(a=1, b=2)
        >>> for key, value in cache.items():
        ...     cache.clear()
        ...     print(key, value)
        a 1
        b 2
        """
        return PairsNow(self)

    def values(self) -> ValuesView[V]:
        """Return the values; looking at them is no use."""
        return ValuesNow(self)

    def setdefault(self, key: K, default: Any = None) -> Any:
        """Return the value of a key; put ``default`` in when it has none.

        >>> Cache().setdefault("a", 1)
        1
        """
        return self.get_or_create(key, lambda: default)

    def stats(self) -> CacheStats:
        """Return what the cache has counted."""
        return CacheStats(*self._counts())

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.stats()})"
