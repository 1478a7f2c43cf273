"""``lru_cache`` and ``cache``: what ``functools`` has, faster, and with single flight where it is asked for.

Promises: the behaviour of ``functools``, CPython's own tests included. Refuses: keeping anything beyond this process;
``heirloom.cached`` does.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, NamedTuple, overload

from heirloom._heirloom import LruCache

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    R = TypeVar("R")


class CacheInfo(NamedTuple):
    """The four fields of ``functools``; more numbers stand in ``stats()``."""

    hits: int
    misses: int
    maxsize: int | None
    currsize: int

    def _repr_html_(self) -> str:
        heads = "".join(f"<th>{name}</th>" for name in self._fields)
        cells = "".join(f"<td>{value}</td>" for value in self)
        return f"<table><tr>{heads}</tr><tr>{cells}</tr></table>"


@overload
def lru_cache(maxsize: Callable[..., R], typed: bool = False, *, single_flight: bool = False) -> LruCache[R]: ...
@overload
def lru_cache(
    maxsize: int | None = 128, typed: bool = False, *, single_flight: bool = False
) -> Callable[[Callable[..., R]], LruCache[R]]: ...
def lru_cache(maxsize: Any = 128, typed: bool = False, *, single_flight: bool = False) -> Any:
    """Keep the results of the ``maxsize`` most recently used calls, as ``functools.lru_cache`` does.

    ``maxsize=None`` keeps all; ``typed=True`` tells ``3`` and ``3.0`` apart. With ``single_flight=True`` equal calls of
    several threads compute once, and the others wait; without it they may compute at once, as in ``functools``.
    """
    if callable(maxsize) and isinstance(typed, bool):
        return _wrap(maxsize, 128, typed, single_flight)
    if isinstance(maxsize, int):
        maxsize = max(maxsize, 0)
    elif maxsize is not None:
        raise TypeError("Expected first argument to be an integer, a callable, or None")
    return lambda function: _wrap(function, maxsize, typed, single_flight)


def cache(function: Callable[..., R], /) -> LruCache[R]:
    """Keep the results of all calls, as ``functools.cache`` does."""
    return lru_cache(maxsize=None)(function)


def _wrap(function: Callable[..., R], maxsize: int | None, typed: bool, single_flight: bool) -> LruCache[R]:
    if not callable(function):
        raise TypeError("the first argument must be callable")
    wrapper: LruCache[R] = LruCache(function, maxsize, bool(typed), bool(single_flight), CacheInfo)
    wrapper.cache_parameters = lambda: {"maxsize": maxsize, "typed": typed}
    functools.update_wrapper(wrapper, function)
    return wrapper
