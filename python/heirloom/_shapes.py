"""How to read an object of a project's class in place: what ``plans.rs`` asks once for each class and state of it.

Where it stands: beneath the front table. Promises: 1. what is read says all that a key of ``_arguments.py`` would say;
2. a class whose objects can answer for themselves in any way, by ``__heirloom_key__``, ``__reduce__``, ``__getstate__``,
``__getattr__`` and the like, has no plan. Refuses: to guess; where a key could see more, the whole road is taken.
"""

from __future__ import annotations

import copyreg
from abc import ABCMeta
from types import FunctionType, GetSetDescriptorType, MemberDescriptorType
from typing import Any

from heirloom import _arguments, _heirloom

Plan = tuple[bool, list[Any], list[FunctionType]] | None
"""Whether the objects are tuples and count by their items, the descriptors of their slots, the functions whose code counts."""

_ABSENT = object()
_MADE_BY_PYTHON = 1 << 9
"""The flag of classes that are not compiled in."""
_COPIES = ("__reduce_ex__", "__reduce__", "__getstate__", "__getnewargs__", "__getnewargs_ex__")
_READS = ("__getattribute__", "__getattr__", "__class__")


def plan(cls: type, code: bool) -> Plan:
    """Work out how to read the objects of a class; with ``code``, that of the project's classes counts too."""
    if type(cls) not in (type, ABCMeta) or issubclass(cls, (_heirloom.Call, _heirloom.LruCache)):
        return None
    bases = cls.__mro__[:-1]
    named = any(f"{base.__module__}.{base.__qualname__}" in _arguments._ADAPTERS for base in bases)
    if named or hasattr(cls, "__heirloom_key__"):
        return None
    functions = _functions(bases) if code and _arguments._origin(cls.__module__) == "project" else []
    if functions is None or not all(base is tuple or base.__flags__ & _MADE_BY_PYTHON for base in bases):
        return None
    if hasattr(cls, "__dataclass_fields__"):
        fields = cls.__dataclass_fields__.values()
        plain = tuple not in bases and all(_is_stored(cls, field.name) for field in fields)
        usual = plain and _are_usual(cls, _READS)
    elif tuple in bases:
        usual = hasattr(cls, "_fields") and _found(cls, "__iter__") is vars(tuple)["__iter__"]
        return (True, [], functions) if usual else None
    else:
        usual = cls not in copyreg.dispatch_table and _are_usual(cls, _READS + _COPIES)
    slots = [_found(cls, name) for name in copyreg._slotnames(cls)]  # type: ignore[attr-defined]
    if not usual or not all(isinstance(slot, MemberDescriptorType) for slot in slots):
        return None
    return False, slots, functions


def _found(cls: type, name: str) -> Any:
    """Find what a class or a base of it has under a name, as it stands there."""
    for base in cls.__mro__:
        if name in vars(base):
            return vars(base)[name]
    return _ABSENT


def _are_usual(cls: type, names: tuple[str, ...]) -> bool:
    """Whether the attributes of its objects are found and copied as those of any object."""
    own = _found(cls, "__dict__")
    if own is not _ABSENT and not isinstance(own, GetSetDescriptorType):
        return False
    return all(_found(cls, name) is vars(object).get(name, _ABSENT) for name in names)


def _is_stored(cls: type, field: str) -> bool:
    """Whether a field is what lies in the object, and not what a property says."""
    found = _found(cls, field)
    return isinstance(found, MemberDescriptorType) or not hasattr(type(found), "__set__")


def _functions(bases: tuple[type, ...]) -> list[FunctionType] | None:
    """List the functions whose code counts; ``None`` when some other object has code."""
    found = []
    for base in bases:
        if _arguments._origin(base.__module__) != "project":
            continue
        for name, piece in vars(base).items():
            function = getattr(piece, "__func__", piece)
            if name in _arguments._SILENT or not hasattr(function, "__code__"):
                continue
            if not isinstance(function, FunctionType):
                return None
            found.append(function)
    return found
