"""Says what counts of an object of somebody else's class: its content where we know it, else what Python would copy of it.

Promises: 1. what differs from process to process although nothing changed does not count: the hash of a text, the random name
of a task; 2. functions count that a callable object holds, also where its copy only names them. Refuses: calling anything
but the ways in which Python itself copies objects.
"""

from __future__ import annotations

import functools
import operator
import re
import types
from typing import TYPE_CHECKING, Any

from heirloom import _heirloom

if TYPE_CHECKING:
    from heirloom._closure.walker import Walker

_CALLS_BY_NAME = (operator.attrgetter, operator.methodcaller)
_RANDOM = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
"""A random identifier, as ``uuid.uuid4`` makes it."""


def describe_foreign(walker: Walker, value: Any, needed_by: str) -> Any:
    """Describe an object of somebody else's class."""
    from heirloom._arguments import reduce
    from heirloom._closure.values import describe

    try:
        reduced = reduce(value)
    except Exception:  # an object that does not stand being asked counts by its type
        reduced = None
    if reduced is not None:
        kind, name, parts = reduced
        if _changes_in_place(value):
            walker.watched.append(("content", value, _heirloom.digest("content", value)))
        if kind == "array":
            return (kind, name, parts)
        return (kind, name, describe(walker, parts, needed_by))
    try:
        copied = value.__reduce_ex__(2)
    except Exception:  # locks, files, sockets, loggers' handlers
        return ("opaque", type(value).__module__, type(value).__qualname__, _held(walker, value, needed_by))
    if isinstance(copied, str):
        return ("named", type(value).__qualname__, copied, _held(walker, value, needed_by))
    if isinstance(own := getattr(value, "__dict__", None), dict):
        walker.watched.append(("dict", own, dict(own)))
    if type(value) in _CALLS_BY_NAME:
        names = [name for name in copied[1] if isinstance(name, str)]
        walker.mention(frozenset(part for name in names for part in name.split(".")))
    outermost, walker.copying = not walker.copying, True
    try:
        told = ("copied", [describe(walker, part, needed_by) for part in _parts(copied)], _held(walker, value, needed_by))
    finally:
        walker.copying = not outermost
    hashed: Any = type(value).__hash__
    if outermost and (hashed is None or hashed is object.__hash__):
        # It can change in place, and has no other way to tell.
        walker.watched.append(("asked", functools.partial(_copied_again, value), _copied_again(value)))
    return _settled(told, hasattr(type(value), "__dask_graph__")) if outermost else told


def _held(walker: Walker, value: Any, needed_by: str) -> list[Any]:
    """Describe the functions that a callable object holds: its copy may only name itself."""
    from heirloom._closure.values import describe

    own = getattr(value, "__dict__", None)
    if not callable(value) or not isinstance(own, dict):
        return []
    kinds = (types.FunctionType, types.MethodType, functools.partial)
    return [describe(walker, one, needed_by) for one in own.values() if isinstance(one, kinds)]


def _settled(told: Any, task: bool) -> Any:
    """Take out what differs from process to process; a task of dask has a random name."""
    if isinstance(told, str):
        return _RANDOM.sub("<random>", told) if task else told
    if not isinstance(told, (tuple, list)):
        return told
    hashes = {hash(one) for one in told if isinstance(one, str) and one} if len(told) < 64 else set()
    kept = [("hash",) if type(one) is int and one in hashes else _settled(one, task) for one in told]
    return type(told)(kept)


def _copied_again(value: Any) -> Any:
    """Say how an object would be copied now, as far as that can be said in built-in values."""
    from heirloom._closure.values import describe
    from heirloom._closure.walker import Walker

    walker = Walker(shallow=True)
    walker.copying = True
    return _heirloom.digest("copied", describe(walker, _parts(value.__reduce_ex__(2))[1:], ""))


def _parts(copied: tuple[Any, ...]) -> list[Any]:
    """List what a copy would be made from, with the items that come one after the other."""
    return [list(part) if at in (3, 4) and part is not None else part for at, part in enumerate(copied)]


def _changes_in_place(value: Any) -> bool:
    if type(value).__name__ in ("DataFrame", "Series", "bytearray", "Tensor", "Parameter"):
        return True
    # A view that cannot be written to shows what is written to the array below it.
    for _ in range(8):
        if getattr(getattr(value, "flags", None), "writeable", False):
            return True
        value = getattr(value, "base", None)
    return False
