"""What a class from outside of the project may ask of its subclasses by a plain name: ``run`` of a thread, ``visit_…``.

Promises: 1. names that a base has itself, or that its code mentions, count; 2. a base that computes names, or whose code is
compiled, may ask for any. Refuses: following what the base calls; a method that ran is recorded by ``ran.py``.
"""

from __future__ import annotations

import abc
import enum
from functools import cache
from types import FunctionType
from typing import Any, Generic, Protocol

from heirloom._closure.reading import read

_QUIET: frozenset[Any] = frozenset({Exception, BaseException, enum.Enum, enum.IntEnum, Generic, Protocol, abc.ABC})
"""Bases that ask for no name but those that always count."""
_ASKED_IN_C = {
    "_ctypes": (
        "_fields_", "_pack_", "_anonymous_", "_align_", "_layout_", "_length_", "_type_", "_argtypes_", "_restype_", "_flags_",
    ),
}  # fmt: skip
"""What compiled bases ask of a class, by their module."""
_OF_CLASSES = ("__init_subclass__", "__class_getitem__", "__subclasshook__", "__new__")
_COMPUTES = frozenset({
    "getattr", "hasattr", "dir", "vars", "__dict__", "__getattribute__", "attrgetter", "methodcaller", "getmembers",
})  # fmt: skip


@cache
def asked_by(base: type) -> frozenset[str] | None:
    """List the names that a base may ask of a subclass; ``None`` when it may be any."""
    if base in _QUIET or base.__module__ == "builtins":
        # Compiled code of these asks for names with underscores only, and those always count.
        return frozenset()
    names: set[str] = set(_ASKED_IN_C.get(base.__module__, ()))
    for key, member in vars(base).items():
        for part in _parts(member) if key not in _OF_CLASSES else ():
            if isinstance(part, FunctionType):
                facts = read(part.__code__)
                names |= facts.mentions | {chain[0] for chain in facts.chains}
            elif callable(part) and not key.startswith("__") and not isinstance(part, type):
                return None
    return None if names & _COMPUTES else frozenset(names | set(vars(base)))


def _parts(member: Any) -> tuple[Any, ...]:
    if isinstance(member, property):
        return (member.fget, member.fset, member.fdel)
    return (getattr(member, "__func__", None) or getattr(member, "func", None) or member,)
