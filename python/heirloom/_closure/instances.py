"""Says what counts of an object of a class of the project: its class, its attributes, and what a base from outside holds.

Where it stands: asked by `values.py`. Promises: 1. what a base in C keeps out of sight of attributes counts too: the items
of a ``dict``, the moment of a ``datetime``, the arguments of an exception; 2. each is read by the base's own method, never
by one that the project put over it. Refuses: locks, threads and streams to elsewhere, which tell of what is going on.
"""

from __future__ import annotations

import functools
import io
import weakref
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from heirloom import _heirloom
from heirloom._closure import origin

if TYPE_CHECKING:
    from collections.abc import Callable

    from heirloom._closure.walker import Walker

_RAW: dict[type, Callable[[Any], Any]] = {
    OrderedDict: lambda value: dict(OrderedDict.items(value)),
    dict: lambda value: dict(dict.items(value)),
    list: lambda value: list(list.__iter__(value)),
    tuple: lambda value: tuple(tuple.__iter__(value)),
    set: lambda value: set(set.__iter__(value)),
    frozenset: lambda value: frozenset(frozenset.__iter__(value)),
    str: str.__str__,
    bytes: lambda value: bytes(memoryview(value)),
    bytearray: lambda value: bytes(memoryview(value)),
    int: int.__int__,
    float: float.__float__,
    complex: complex.__pos__,
    io.StringIO: lambda value: (io.StringIO.getvalue(value), io.StringIO.tell(value)),
    io.BytesIO: lambda value: (io.BytesIO.getvalue(value), io.BytesIO.tell(value)),
    weakref.ReferenceType: weakref.ReferenceType.__call__,
    property: lambda value: [property.__getattribute__(value, part) for part in ("fget", "fset", "fdel")],
}
"""Built-in types, and how the content of one is read whatever a class below it says."""
_PATHS = frozenset({"pathlib.PurePath", "pathlib._local.PurePath"})
_FIXED = frozenset({tuple, frozenset, str, bytes, int, float, complex, property, weakref.ReferenceType})
_FIXED_OF = frozenset({
    "datetime", "decimal", "_decimal", "_pydecimal", "fractions", "uuid", "zoneinfo", "pathlib", "pathlib._local",
})  # fmt: skip
"""What cannot change in place: built-in types, and modules of Python's own whose objects cannot."""
_MADE_BY_CLASS = 1 << 9
"""The flag of types that a ``class`` statement made; their attributes are in sight."""


def describe_instance(walker: Walker, value: Any, needed_by: str) -> Any:
    """Describe an object of a class of the project."""
    from heirloom._closure.values import describe

    cls = type(value)
    own = getattr(value, "__dict__", None)
    state: list[Any] = []
    walker.watched.append(("attribute", value, "__class__", cls))
    if isinstance(own, dict):
        walker.watched.append(("dict", own, dict(own)))
        state.extend((key, describe(walker, one, needed_by)) for key, one in sorted(own.items(), key=lambda item: str(item[0])))
    state.extend(_slots(walker, value, needed_by))
    if (base := _holder(cls)) is not None:
        state.append(("content", _content(walker, value, base, needed_by)))
    return ("object", describe(walker, cls, needed_by), state)


def _content(walker: Walker, value: Any, base: type, needed_by: str) -> Any:
    from heirloom._closure.values import describe

    try:
        held = _held(base, value)
        _watch(walker, value, base, held)
    except Exception:  # what a base cannot copy, such as a pointer, counts by its type
        return None
    return describe(walker, held, needed_by)


def _slots(walker: Walker, value: Any, needed_by: str) -> list[Any]:
    from heirloom._closure.values import describe

    found = []
    for base in type(value).__mro__:
        if base.__module__.partition(".")[0] == "pathlib":
            # Filled while it is used; the path itself says it all.
            continue
        slots = base.__dict__.get("__slots__", ())
        for slot in (slots,) if isinstance(slots, str) else tuple(slots):
            name = f"_{base.__name__.lstrip('_')}{slot}" if slot.startswith("__") and not slot.endswith("__") else slot
            if name not in ("__dict__", "__weakref__") and hasattr(value, name):
                one = getattr(value, name)
                walker.watched.append(("attribute", value, name, one))
                found.append((name, describe(walker, one, needed_by)))
    return found


def _holder(cls: type) -> type | None:
    """Find the first base from outside that holds something, and can be asked for it."""
    from heirloom._closure.values import MACHINERY

    for base in cls.__mro__[:-1]:
        if origin.of_module(base.__module__) == origin.PROJECT:
            continue
        if base in _RAW or f"{base.__module__}.{base.__qualname__}" in _PATHS:
            return base
        copies = {"__reduce_ex__", "__reduce__"} & base.__dict__.keys()
        state = "__getstate__" in base.__dict__ and not base.__flags__ & _MADE_BY_CLASS
        if (copies or state) and base.__module__.partition(".")[0] not in MACHINERY:
            return base
    return None


def _held(base: type, value: Any) -> Any:
    """Read what a base holds of an object, without asking the classes below it."""
    if (raw := _RAW.get(base)) is not None:
        return raw(value)
    own = base.__dict__
    if f"{base.__module__}.{base.__qualname__}" in _PATHS:
        return own["__str__"](value)
    if "__reduce_ex__" in own:
        copied = own["__reduce_ex__"](value, 2)
    elif "__reduce__" in own:
        copied = own["__reduce__"](value)
    else:
        return own["__getstate__"](value)
    if isinstance(copied, str):
        return copied
    # Attributes are told already, and are watched by themselves.
    attributes = getattr(value, "__dict__", None)
    told = [None if part is attributes or part == attributes else part for part in copied[1:3]]
    return [*told, *(None if part is None else list(part) for part in copied[3:5])]


def _watch(walker: Walker, value: Any, base: type, held: Any) -> None:
    """Look from now on whether what a base holds has changed in place."""
    if base in (dict, list, set):
        walker.watched.append((base.__name__, value, held if base is dict else tuple(held)))
    elif base not in _FIXED and base.__module__ not in _FIXED_OF:
        walker.watched.append(("asked", functools.partial(_again, value), _again(value)))


def _again(value: Any) -> Any:
    """Say what is held now, as far as that can be said in built-in values."""
    from heirloom._closure.values import describe
    from heirloom._closure.walker import Walker

    walker, base = Walker(shallow=True), _holder(type(value))
    return _heirloom.digest("held", describe(walker, None if base is None else _held(base, value), ""))
