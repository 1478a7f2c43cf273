"""Tells apart what Python calls equal: ``1``, ``1.0`` and ``True`` are three values, ``0.0`` and ``-0.0`` two.

Promises: two values have the same `strict` key exactly when one may stand for the other. Refuses: what cannot be hashed, and
dataclasses that can change.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Hashable

_PLAIN = frozenset((str, bytes))


def strict(value: Any) -> Hashable:
    """Make a key that is equal only for values that may stand for each other."""
    kind = type(value)
    if kind in _PLAIN:
        return value  # type: ignore[no-any-return]
    if kind is int or kind is bool or value is None:
        return kind, value
    if kind is tuple:
        return (tuple, *map(strict, value))
    if kind is frozenset:
        return kind, frozenset(map(strict, value))
    if kind is float or kind is complex:
        return kind, repr(value)
    if dataclasses.is_dataclass(kind):
        return _of_fields(value, kind)
    hash(value)
    return kind, value


def _of_fields(value: Any, kind: type) -> Hashable:
    parameters = kind.__dataclass_params__  # type: ignore[attr-defined]
    if not parameters.eq:
        return kind, value
    if not parameters.frozen:
        raise TypeError(f"{kind.__name__} objects can change, so they cannot be shared; declare it with frozen=True")
    return (kind, *[strict(getattr(value, field.name)) for field in dataclasses.fields(value) if field.compare])
