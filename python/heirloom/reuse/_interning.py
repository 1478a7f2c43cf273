"""Makes equal values one object.

Strings go to the interpreter's own table (`sys.intern`). What Python can refer to weakly vanishes with its last holder. For the
rest (bytes, tuples), which it cannot, the table (`InternerCore`, compiled) counts references, and drops what only it still holds.
Promises: 1. equal means of the same type all the way down, so ``(1,)`` never becomes ``(1.0,)``; 2. of values that nobody
holds, never more than of living ones (and 256 besides) are kept, and `sweep` frees these too; 3. adding takes constant
time on average. Refuses: unhashable values, and objects that can change.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from heirloom._heirloom import InternerCore

if TYPE_CHECKING:
    from collections.abc import Iterable

T = TypeVar("T")


class InternStats(NamedTuple):
    """An interner in numbers; `live` counts what it holds now, strings excepted.

    >>> tags, held = Interner(), (1, "oak")
    >>> tags.intern(held) is tags.intern((1, "o" + "ak")), tags.stats()
    (True, InternStats(requests=2, shared=1, live=1))
    """

    requests: int
    shared: int
    """Requests that were answered with another object than the one they brought."""
    live: int


class InternedColumn(NamedTuple):
    """A column whose equal values are one object, and what that saves.

    >>> column = intern_all([("oak", number) for number in (1, 1, 2)])
    >>> column.values[0] is column.values[1], column.distinct, column.bytes_saved > 0
    (True, 2, True)
    """

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


class Interner(InternerCore[T], Generic[T]):
    """A table of values; equal ones become one object.

    >>> tags = Interner()
    >>> tags.intern(("red", 1)) is tags.intern(("red", 2 - 1))
    True
    >>> tags.intern_all(["oak", "elm", "oak"]).distinct
    2
    """

    def __init__(self) -> None:
        """An empty table; there are no settings."""

    def intern_all(self, values: Iterable[T]) -> InternedColumn:
        """Intern a whole column: a list, any iterable, a NumPy array of objects or a pandas Series.

        >>> Interner().intern_all(iter(["oak", "elm"])).values
        ['oak', 'elm']
        """
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

    def stats(self) -> InternStats:
        """Return what the interner has counted."""
        return InternStats(*self._counts(), len(self))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.stats()})"


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


intern = _default.intern


def intern_all(values: Iterable[T]) -> InternedColumn:
    """Intern a whole column, and tell the bytes saved.

    >>> column = intern_all(["ab" * times for times in (50, 50)])
    >>> column.distinct, column.bytes_before // column.bytes_after
    (1, 2)
    """
    return _default.intern_all(values)
