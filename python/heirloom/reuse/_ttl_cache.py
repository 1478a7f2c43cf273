"""A function whose results are kept for some time.

Promises: the conventions of `functools.lru_cache` (`cache_info`, `cache_clear`, `cache_parameters`, `__wrapped__`, `typed`),
for functions, methods and ``async def``; each key is built once however many ask. Refuses: unhashable arguments.
"""

from __future__ import annotations

import functools
import inspect
import time
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from heirloom._heirloom import TimedCall
from heirloom.reuse._cache import Cache

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

F = TypeVar("F", bound="Callable[..., Any]")

_KEYWORDS = object()


class CacheInfo(NamedTuple):
    """What `functools.lru_cache` tells of a cache.

    >>> ttl_cache(maxsize=9)(len).cache_info()
    CacheInfo(hits=0, misses=0, maxsize=9, currsize=0)
    """

    hits: int
    misses: int
    maxsize: int | None
    currsize: int


def ttl_cache(
    maxsize: int | None = 128,
    ttl: float = 600.0,
    timer: Callable[[], float] = time.monotonic,
    typed: bool = False,
) -> Callable[[F], F]:
    """Keep the results of a function for ``ttl`` seconds, at most ``maxsize`` of them.

    With ``typed``, arguments of different types have different results, also when they are equal.

    >>> @ttl_cache(maxsize=100, ttl=60)
    ... def double(number):
    ...     return 2 * number
    >>> double(2), double(2), double.cache_info()
    (4, 4, CacheInfo(hits=1, misses=1, maxsize=100, currsize=1))
    """
    if callable(maxsize):
        raise TypeError("`@ttl_cache` takes its settings first: write `@ttl_cache()` or `@ttl_cache(ttl=60)`")

    def decorate(function: F) -> F:
        cache: Cache[Hashable, Any] = Cache(maxsize, ttl=ttl, timer=timer)

        def cache_info() -> CacheInfo:
            stats, count = cache.stats(), len(cache)
            return CacheInfo(stats.hits, stats.misses, maxsize, count)

        wrapper: Any
        if inspect.iscoroutinefunction(function):
            wrapper = _task(function, cache, typed)
        else:

            def miss(key: Hashable, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
                return cache.get_or_create(key, lambda: function(*args, **kwargs))

            wrapper = TimedCall(function, cache, miss, typed)
        wrapper.cache_info, wrapper.cache_clear = cache_info, cache.clear
        wrapper.cache_parameters = lambda: {"maxsize": maxsize, "ttl": ttl, "typed": typed}
        return functools.update_wrapper(wrapper, function)  # type: ignore[return-value]

    return decorate


def _task(function: Callable[..., Any], cache: Cache[Hashable, Any], typed: bool) -> Callable[..., Any]:
    async def call(*args: Any, **kwargs: Any) -> Any:
        return await cache.get_or_create_async(_key(function, args, kwargs, typed), lambda: function(*args, **kwargs))

    return call


def _key(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], typed: bool) -> Hashable:
    key = args
    if kwargs:
        key += (_KEYWORDS, *sorted(kwargs.items()))
    if typed:
        key += tuple(type(value) for value in args) + tuple(type(value) for _, value in sorted(kwargs.items()))
    try:
        hash(key)
    except TypeError as error:
        raise TypeError(f"`{function.__qualname__}` is cached by its arguments, and one cannot be hashed: {error}") from None
    return key
