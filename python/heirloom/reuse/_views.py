"""Views of tables whose entries may leave at any moment.

Promises: 1. iterating goes over what was there when it began, so no entry that leaves meanwhile is missed with a `KeyError`;
2. looking at a view is no use: nothing is counted, no entry moves in the order. Refuses: keys; a table iterates over these.
"""

from __future__ import annotations

from collections.abc import ItemsView, ValuesView
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Iterator

K = TypeVar("K")
V = TypeVar("V")

_MISSING: Any = object()


class _Table(Protocol):
    def peek(self, key: Any, default: Any) -> Any:
        """Return a value without a trace."""

    def _pairs(self) -> list[tuple[Any, Any]]:
        """Return the pairs of this moment."""


class PairsNow(ItemsView[K, V]):
    """The pairs of a table."""

    _mapping: _Table

    def __iter__(self) -> Iterator[tuple[K, V]]:
        return iter(self._mapping._pairs())

    def __contains__(self, pair: object) -> bool:
        key, value = cast("tuple[Any, Any]", pair)
        found = self._mapping.peek(key, _MISSING)
        return found is value or bool(found is not _MISSING and found == value)


class ValuesNow(ValuesView[V]):
    """The values of a table."""

    _mapping: _Table

    def __iter__(self) -> Iterator[V]:
        return iter([value for _, value in self._mapping._pairs()])

    def __contains__(self, value: object) -> bool:
        return any(one is value or one == value for _, one in self._mapping._pairs())
