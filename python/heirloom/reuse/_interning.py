"""Makes equal values one object.

Strings go to the interpreter's own table (`sys.intern`). What Python can refer to weakly vanishes with its last holder. For the
rest (bytes, tuples), which it cannot, a table counts references, and drops what only it still holds.
Promises: 1. equal means of the same type all the way down, so ``(1,)`` never becomes ``(1.0,)``; 2. of values that nobody
holds, never more than of living ones (and 256 besides) are kept, and `sweep` frees these too; 3. adding takes constant
time on average. Refuses: unhashable values, and objects that can change.
"""

from __future__ import annotations

import sys
import threading
import weakref
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar, cast

from heirloom.reuse import _bounds
from heirloom.reuse._equality import strict
from heirloom.reuse._weak import WeakValueCache

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

T = TypeVar("T")

_SWEEP_MIN = 256


class InternStats(NamedTuple):
    """An interner in numbers; `live` counts what it holds now, strings excepted."""

    requests: int
    shared: int
    """Requests that were answered with another object than the one they brought."""
    live: int


class InternedColumn(NamedTuple):
    """A column whose equal values are one object, and what that saves."""

    values: Any
    """A list; a NumPy array or a pandas Series when one was given."""
    distinct: int
    bytes_before: int
    """Bytes of the value objects that were given, each counted once; the references to them are not counted."""
    bytes_after: int

    @property
    def bytes_saved(self) -> int:
        """Bytes that are free once the old column is."""
        return self.bytes_before - self.bytes_after


class Interner(Generic[T]):
    """A table of values; equal ones become one object.

    >>> tags = Interner()
    >>> tags.intern(("red", 1)) is tags.intern(("red", 2 - 1))
    True
    >>> tags.intern_all(["oak", "elm", "oak"]).distinct
    2
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._weak: WeakValueCache[Any, Any] = WeakValueCache()
        self._counted: dict[Hashable, Any] = {}
        self._sweep_at = _SWEEP_MIN
        self._requests = self._shared = 0

    def intern(self, value: T) -> T:
        """Return the one object that is equal to ``value``: an earlier one, or ``value`` itself from now on."""
        one: Any = sys.intern(cast("str", value)) if type(value) is str else self._intern(value)
        self._requests += 1
        self._shared += one is not value
        return cast("T", one)

    def _intern(self, value: Any) -> Any:
        try:
            key = strict(value)
        except TypeError as error:
            raise TypeError(f"{_bounds.short(value)} cannot be interned: {error}") from None
        if type(value) not in (bytes, tuple):
            try:
                weakref.ref(value)
            except TypeError:
                pass
            else:
                # A key that holds the value would keep it alive.
                return self._weak.get_or_create(key if not _holds(key, value) else _Weakly(value), lambda: value)
        with self._lock:
            one = self._counted.setdefault(key, value)
            if len(self._counted) >= self._sweep_at:
                self.sweep()
            return one

    def intern_all(self, values: Iterable[T]) -> InternedColumn:
        """Intern a whole column: a list, any iterable, a NumPy array of objects or a pandas Series."""
        dimensions = getattr(values, "ndim", 1)
        if dimensions != 1:
            raise TypeError(f"an array with {dimensions} dimensions is no column; give one with 1, for example `array.ravel()`")
        intern, seen, before = self.intern, {}, 0
        new = []
        ones: dict[int, Any] = {}
        held = values if isinstance(values, (list, tuple)) else list(values)
        for value in held:
            if id(value) not in seen:
                one = intern(value)
                seen[id(value)] = one
                before += sys.getsizeof(value)
                ones[id(one)] = one
            new.append(seen[id(value)])
        after = sum(map(sys.getsizeof, ones.values()))
        return InternedColumn(_like(values, new), len(ones), before, after)

    def sweep(self) -> int:
        """Drop the values that nobody else holds, now; return how many. It is done by itself from time to time."""
        dropped = []
        with self._lock:
            # Nobody can get hold of a value meanwhile but through this table.
            for key in list(self._counted):
                if _references(self._counted, key) <= _OWN_REFERENCES + _in_key(key, self._counted[key]):
                    dropped.append(self._counted.pop(key))
            self._sweep_at = max(_SWEEP_MIN, 2 * len(self._counted))
        return len(dropped)

    def __len__(self) -> int:
        self.sweep()
        return len(self._counted) + len(self._weak)

    def stats(self) -> InternStats:
        """Return what the interner has counted."""
        return InternStats(self._requests, self._shared, len(self))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.stats()})"


class _Weakly:
    """A key that is equal as its object is, and does not hold it."""

    __slots__ = ("_hash", "_object")

    def __init__(self, value: Any) -> None:
        self._object, self._hash = weakref.ref(value), hash(value)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, _Weakly):
            return False
        mine, its = self._object(), other._object()
        return mine is not None and type(mine) is type(its) and bool(mine == its)


def _references(table: dict[Any, Any], key: Any) -> int:
    """References to a value of a table, those that counting takes itself included."""
    value = table[key]
    return sys.getrefcount(value)


# What counting finds of a value that nobody but a table holds; it differs between versions of Python.
_OWN_REFERENCES = _references({0: object()}, 0)


def _holds(key: Any, value: Any) -> bool:
    return type(key) is tuple and len(key) == 2 and key[1] is value


def _in_key(key: Any, value: Any) -> int:
    """References to a value that its own key has."""
    return 1 if key is value or _holds(key, value) else 0


def _like(values: Any, new: list[Any]) -> Any:
    """Give a new column the form of the one that came."""
    numpy, pandas = sys.modules.get("numpy"), sys.modules.get("pandas")
    if pandas is not None and isinstance(values, pandas.Series):
        return pandas.Series(new, index=values.index, name=values.name, dtype=values.dtype)
    if numpy is not None and isinstance(values, numpy.ndarray):
        column = numpy.empty(len(new), dtype=object)
        column[:] = new
        return column
    return new


_default: Interner[Any] = Interner()


def intern(value: T) -> T:
    """Return the one object of this process that is equal to ``value``: a string, bytes, a tuple, a frozen dataclass.

    >>> intern(b"oak" * 2) is intern(b"oakoak")
    True
    """
    return cast("T", _default.intern(value))


def intern_all(values: Iterable[T]) -> InternedColumn:
    """Intern a whole column, and tell the bytes saved.

    >>> column = intern_all(["ab" * times for times in (50, 50)])
    >>> column.distinct, column.bytes_before // column.bytes_after
    (1, 2)
    """
    return _default.intern_all(values)
