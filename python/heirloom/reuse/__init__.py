"""Reuse within a process: the tools for objects that need not outlive it.

``Cache`` and ``ttl_cache`` keep what may be made again; ``WeakValueCache`` and ``@flyweight`` share what somebody holds;
``intern`` makes equal values one object; ``Pool`` and ``BufferPool`` lend to one client at a time; ``Observers`` are told of
events and vanish by themselves. Promises: thread-safe, no threads of its own, no lock held while your code runs (but for
``__eq__`` and ``__hash__``). Refuses: disk, versions and invalidation; ``heirloom.cached`` has these.
"""

from heirloom._heirloom import Loan
from heirloom.reuse._buffers import Buffer, BufferPool, BufferStats
from heirloom.reuse._cache import Cache, CacheStats, Cause
from heirloom.reuse._flyweight import flyweight, flyweight_stats
from heirloom.reuse._interning import InternedColumn, Interner, InternStats, intern, intern_all
from heirloom.reuse._observers import Notified, Observers, Watch
from heirloom.reuse._pool import Lost, Pool, PoolError, PoolStats, PoolTimeoutError
from heirloom.reuse._ttl_cache import CacheInfo, ttl_cache
from heirloom.reuse._weak import WeakStats, WeakValueCache

__all__ = [
    "Buffer",
    "BufferPool",
    "BufferStats",
    "Cache",
    "CacheInfo",
    "CacheStats",
    "Cause",
    "InternStats",
    "InternedColumn",
    "Interner",
    "Loan",
    "Lost",
    "Notified",
    "Observers",
    "Pool",
    "PoolError",
    "PoolStats",
    "PoolTimeoutError",
    "Watch",
    "WeakStats",
    "WeakValueCache",
    "flyweight",
    "flyweight_stats",
    "intern",
    "intern_all",
    "ttl_cache",
]
