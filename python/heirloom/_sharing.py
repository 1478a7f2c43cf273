"""What can be changed of a shared object: what ``watch.rs`` asks once for each part that is not a built-in collection.

Promises: 1. arrays are made read-only, those of Python objects too; 2. a table counts by its columns, index and names,
without a look at its cells. Refuses: to see into extension types that show neither attributes nor items.
"""

from __future__ import annotations

import functools
import operator
import pickle
import sys
from types import FunctionType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

Places = list[tuple[Any, str]]
"""Attributes outside of a ``__dict__``: the object and the name."""

_FINISHED = frozenset({
    "builtins.builtin_function_or_method", "builtins.module", "builtins.range", "builtins.slice",
    "builtins.ellipsis", "builtins.code", "builtins.mappingproxy", "re.Pattern", "datetime.datetime", "datetime.date",
    "datetime.time", "datetime.timedelta", "datetime.timezone", "decimal.Decimal", "fractions.Fraction", "uuid.UUID",
})  # fmt: skip
_ITERATED = frozenset({"collections.deque", "collections.OrderedDict", "array.array"})

_RANDOM: dict[str, Callable[[Any], Any]] = {
    "random.Random": lambda value: value.getstate(),
    "numpy.random._generator.Generator": lambda value: pickle.dumps(value.bit_generator.state),
    "numpy.random.mtrand.RandomState": lambda value: pickle.dumps(value.get_state(legacy=False)),
    "numpy.random.bit_generator.BitGenerator": lambda value: pickle.dumps(value.state),
}
"""Generators of random numbers: each number drawn makes another one of it."""


def changeable(value: Any) -> tuple[dict[str, Any] | None, Places, Any]:
    """Tell an object's ``__dict__``, its other attributes, and what to look into; the object itself if it has items."""
    cls = type(value)
    nothing: Places = []
    if isinstance(value, type) or f"{cls.__module__}.{cls.__qualname__}" in _FINISHED:
        return None, nothing, None
    if "numpy" in sys.modules and isinstance(value, sys.modules["numpy"].ndarray):
        return _array(value)
    if cls.__module__.partition(".")[0] == "pandas":
        return _pandas(value)
    if isinstance(value, FunctionType):
        # What it has captured may be counted up, or exchanged, whenever it is called.
        return value.__dict__, [(cell, "cell_contents") for cell in value.__closure__ or ()], None
    for base in cls.__mro__:
        named = f"{base.__module__}.{base.__qualname__}"
        if named in ("enum.Enum", "pathlib.PurePath", "pathlib._local.PurePath"):
            return None, nothing, None
        if named in _RANDOM:
            return getattr(value, "__dict__", None), [(_Asked(functools.partial(_RANDOM[named], value)), "now")], None
        if named in _ITERATED:
            return getattr(value, "__dict__", None), _slots(value), value
    attributes = getattr(value, "__dict__", None)
    return attributes if type(attributes) is dict else None, _slots(value), None


def _slots(value: Any) -> Places:
    import copyreg

    return [(value, name) for name in copyreg._slotnames(type(value))]  # type: ignore[attr-defined]


def _array(value: Any) -> tuple[dict[str, Any] | None, Places, Any]:
    if value.flags.writeable:
        value.flags.writeable = False
    attributes = getattr(value, "__dict__", None)
    return attributes, [], value.ravel().tolist() if value.dtype.hasobject else None


def _pandas(value: Any) -> tuple[dict[str, Any] | None, Places, Any]:
    manager = getattr(value, "_mgr", None)
    if manager is not None:
        return None, [(_State(value), "now")], [block.values for block in manager.blocks]
    if any(base.__name__ == "Index" for base in type(value).__mro__):
        return None, [(_State(value), "now")], None
    attributes = getattr(value, "__dict__", None)
    return attributes if type(attributes) is dict else None, _slots(value), None


class _Asked:
    """Something that can only be asked: ``now`` is the same object as long as the answer is equal."""

    def __init__(self, ask: Callable[[], Any]) -> None:
        self._ask = ask
        self._answer = ask()
        self._token = object()

    @property
    def now(self) -> Any:
        return self._token if self._ask() == self._answer else None


class _State:
    """A table's columns, index and names: ``now`` is the same object as long as they are the same."""

    def __init__(self, value: Any) -> None:
        self._value = value
        self._same, self._equal = self._look()
        self._token = object()

    @property
    def now(self) -> Any:
        same, equal = self._look()
        if len(same) == len(self._same) and all(map(operator.is_, same, self._same)) and equal == self._equal:
            return self._token
        return None

    def _look(self) -> tuple[Any, Any]:
        manager = getattr(self._value, "_mgr", None)
        if manager is None:
            return (), list(self._value.names)
        # An axis is another object each time it is asked for; its `_id` is not.
        same = (manager, manager.blocks, *(getattr(axis, "_id", None) for axis in manager.axes))
        names = [list(axis.names) for axis in manager.axes]
        return same, (names, getattr(self._value, "_name", None), dict(self._value._attrs or {}))
