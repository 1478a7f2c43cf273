"""Says what counts of a class: its bases, what Python calls by itself, and the members whose names are mentioned.

Promises: 1. a method that no reached code mentions does not count, unless a base outside of the project may call it;
2. the order of fields and of members counts where a class makes it count. Refuses: docstrings, annotations and lines.
"""

from __future__ import annotations

import enum
import sys
from functools import partial
from types import FunctionType, GetSetDescriptorType, MemberDescriptorType
from typing import TYPE_CHECKING, Any

from heirloom._closure import describing, origin
from heirloom._closure.callers import asked_by
from heirloom._closure.node import Node
from heirloom._closure.walker import module_name

if TYPE_CHECKING:
    from heirloom._closure.walker import Walker

_SILENT = frozenset({
    "__module__", "__qualname__", "__doc__", "__dict__", "__weakref__", "__annotations__", "__firstlineno__",
    "__static_attributes__", "__annotate__", "__annotate_func__", "__annotations_cache__", "__abstractmethods__",
    "__orig_bases__",
    "__parameters__", "__dataclass_params__", "__dataclass_fields__", "__slotnames__", "_abc_impl",
    "_abc_registry", "_abc_cache", "__subclasshook__", "__type_params__", "__classcell__", "__copyreg_slotnames__",
    "_field_defaults", "_fields", "_member_map_", "_member_names_", "_value2member_map_", "__replace__",
    "_value_repr_", "_unhashable_values_", "_hashable_values_", "_new_member_", "_use_args_", "_member_type_",
    "_generate_next_value_",
})  # fmt: skip
"""Members that say nothing of their own, or that are told in another way below."""

_MAKERS = frozenset({"types", "dataclasses", "typing", "enum", "collections", "abc", "functools"})
"""Modules whose functions make classes for others, such as ``make_dataclass``."""

SEES_ALL_NAMES = ("global dir", "global vars", "__dict__", "getmembers", "global getmembers", "__members__")
"""Mentions with which code can see every name of a class."""
COMPUTES_NAMES = ("global getattr", "global hasattr", "__getattribute__", "attrgetter", "global attrgetter")
"""Mentions with which code can ask for a name that it computes."""


def describe_class(walker: Walker, cls: type, needed_by: str) -> Any:
    """Take in a class; return a reference to it."""
    qualified = f"{module_name(cls.__module__)}.{cls.__qualname__}"
    whose = origin.of_module(cls.__module__)
    if whose == origin.OURS or qualified in walker.ignored:
        return ("ignored", qualified)
    if whose == origin.PYTHON and cls.__module__ in _MAKERS and not _holds(cls):
        whose = origin.PROJECT
    if whose != origin.PROJECT or not cls.__flags__ & (1 << 9):
        walker.extension(cls.__module__, needed_by)
        return walker.outside(origin.file_of(sys.modules.get(cls.__module__)) or "", whose, qualified, needed_by)
    name = walker.claim(cls, qualified)
    if name is not None:
        walker.later(lambda: _look_at(walker, cls, name, needed_by))
    return ("class", walker.name_of(cls))


def _holds(cls: type) -> bool:
    """Whether a class can be found in the module that it says to be of."""
    found: Any = sys.modules.get(cls.__module__)
    for part in cls.__qualname__.split("."):
        found = getattr(found, "__dict__", {}).get(part)
    return found is cls


def _look_at(walker: Walker, cls: type, name: str, needed_by: str) -> None:
    from heirloom._closure.values import describe

    walker.modules.add(cls.__module__)
    members: dict[str, Any] = {}
    what = {
        "bases": [describe(walker, base, name) for base in cls.__bases__],
        "metaclass": describe(walker, type(cls), name),
        "order": _order(walker, cls, name),
        "registered": _registered(walker, cls, name),
        "abstract": sorted(getattr(cls, "__abstractmethods__", ())),
        "members": members,
        "made by": _made_by(walker, cls, name),
    }
    module = sys.modules.get(cls.__module__)
    place = origin.file_of(module) if module is not None else None
    walker.add(Node(name, "class", what, place, needed_by, cls))
    asked = [asked_by(base) for base in cls.__mro__ if _is_outside(base)]
    for key, member in sorted(cls.__dict__.items(), key=lambda item: str(item[0])):
        if key in _SILENT:
            continue
        take = _taker(walker, cls, key, member, members, name)
        if (key.startswith("__") and key.endswith("__")) or any(names is None or key in names for names in asked):
            walker.later(take)
        else:
            walker.when_mentioned(key, take)
            # Whoever asks for all names, or for a computed one, may mean this one.
            function = getattr(member, "__func__", member)
            if isinstance(function, FunctionType):
                # What a method does counts when it ran: that is recorded.
                take = partial(_take_shape, walker, key, function, members, name)
            for word in SEES_ALL_NAMES if callable(member) else (*SEES_ALL_NAMES, *COMPUTES_NAMES):
                walker.when_mentioned(word, take)
    walker.watched.append(("class", cls))
    walker.watched.append(("bases", cls))
    walker.when_mentioned("__subclasses__", lambda: _subclasses(walker, cls, what, name))
    describing.take_in(walker, cls, what)


def _taker(walker: Walker, cls: type, key: str, member: Any, members: dict[str, Any], name: str) -> Any:
    from heirloom._closure.values import describe, is_plain

    def take() -> None:
        walker.watched.append(("member", cls, key, member))
        own = describe(walker, member, name)
        by_itself = key.startswith("__") or isinstance(member, (FunctionType, property, staticmethod, classmethod))
        if by_itself or not is_plain(member):
            members[key] = own
        else:
            # A plain value is a piece of its own, so that an explanation can name it.
            members[key] = ("value", f"{name}.{key}")
            walker.add(Node(f"{name}.{key}", "value", own, None, name, member))

    return take


def _take_shape(walker: Walker, key: str, function: FunctionType, members: dict[str, Any], name: str) -> None:
    """Take in what can be seen of a method without calling it."""
    from heirloom._closure.values import describe

    if key not in members:
        code = function.__code__
        named = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        seen = (function.__defaults__, function.__kwdefaults__, dict(function.__dict__))
        told = [describe(walker, one, name) for one in seen]
        members.setdefault(key, ("method", list(named), told))


def _order(walker: Walker, cls: type, name: str) -> Any:
    """Say the fields and members in their order, with what else counts of each."""
    from heirloom._closure.values import describe

    if "__dataclass_fields__" in cls.__dict__:
        fields = cls.__dict__["__dataclass_fields__"]
        flags = ("init", "repr", "hash", "compare", "kw_only")
        told = [
            (
                key,
                _word(field._field_type),
                [getattr(field, flag, None) is True for flag in flags],
                _field_value(walker, field.default, name),
                _field_value(walker, field.default_factory, name),
                describe(walker, dict(field.metadata), name),
            )
            for key, field in fields.items()
        ]
        return ("dataclass", repr(cls.__dict__.get("__dataclass_params__")), told)
    if issubclass(cls, enum.Enum):
        return ("enum", [(key, describe(walker, one._value_, name)) for key, one in cls.__members__.items()])
    if "_is_runtime_protocol" in cls.__dict__:
        from inspect import get_annotations

        # `isinstance` asks whoever is tested for each of these names.
        names = {key for key in (*cls.__dict__, *get_annotations(cls)) if not key.startswith("_")}
        walker.mention(frozenset(names))
        return ("protocol", sorted(names))
    if issubclass(cls, tuple) and "_fields" in cls.__dict__:
        own = cls.__dict__
        return ("fields", list(own["_fields"]), describe(walker, dict(own.get("_field_defaults", {})), name))
    return None


def _word(kind: Any) -> str:
    # A copy of `dataclasses` may be the project's own, and be broken.
    return str(getattr(kind, "name", type(kind).__name__))


def _made_by(walker: Walker, cls: type, name: str) -> Any:
    """Say what a library's metaclass made of a class: what it keeps out of sight, and the annotations that it read."""
    from heirloom._closure.values import describe

    kept: list[Any] = []
    for above in type.mro(type(cls)):
        if origin.of_module(above.__module__) != origin.INSTALLED:
            continue
        fields = {key for key, one in vars(above).items() if isinstance(one, (GetSetDescriptorType, MemberDescriptorType))}
        kept += [(key, describe(walker, getattr(cls, key, None), name)) for key in sorted(fields - _SILENT)]
        kept.append(("annotations", describe(walker, repr(getattr(cls, "__annotations__", None)), name)))
    return kept


def _registered(walker: Walker, cls: type, name: str) -> Any:
    """Name the classes that were registered with an abstract one, and so are taken for its subclasses."""
    if "_abc_impl" not in cls.__dict__ or "_abc" not in sys.modules:
        return None
    registry = [one() for one in sys.modules["_abc"]._get_dump(cls)[0]]
    return sorted(f"{one.__module__}.{one.__qualname__}" for one in registry if one is not None)


def _field_value(walker: Walker, value: Any, name: str) -> Any:
    from heirloom._closure.values import describe

    return "none" if type(value).__name__ == "_MISSING_TYPE" else ("is", describe(walker, value, name))


def _is_outside(base: type) -> bool:
    return origin.of_module(base.__module__) != origin.PROJECT


def _subclasses(walker: Walker, cls: type, what: dict[str, Any], name: str) -> None:
    from heirloom._closure.values import describe

    below: list[type] = sorted(type.__subclasses__(cls), key=lambda one: (one.__module__, one.__qualname__))
    what["subclasses"] = [describe(walker, one, name) for one in below]
    walker.watched.append(("asked", partial(_below, cls), _below(cls)))


def _below(cls: type) -> list[int]:
    # By address, so that a class that nobody else holds can go.
    below: list[type] = type.__subclasses__(cls)
    return [id(one) for one in below]
