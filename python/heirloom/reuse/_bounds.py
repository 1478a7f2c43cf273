"""Checks settings, so that one that cannot work is refused when it is given.

Promises: one sentence with the value and the way out, as `ValueError` or `TypeError`. Refuses: mending a setting.
"""

from __future__ import annotations

import math


def at_least(name: str, value: float | None, least: float) -> None:
    """Refuse a number below ``least``; ``None`` means: no bound."""
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"`{name}` is {value!r}, of type {type(value).__name__}; give a number or None")
    if math.isnan(value) or value < least:
        raise ValueError(f"`{name}` is {value!r}; give at least {least:g}, or None for no bound")


def some_time(name: str, seconds: float | None) -> None:
    """Refuse a time that is over at once; ``None`` means: no end."""
    at_least(name, seconds, 0)
    if seconds == 0:
        raise ValueError(f"`{name}` is 0, so everything would be over at once; give seconds above 0, or None for no end")


def a_function(name: str, value: object) -> None:
    """Refuse what cannot be called; ``None`` means: nothing is to be called."""
    if value is not None and not callable(value):
        raise TypeError(f"`{name}` is {value!r}, which cannot be called; give a function or leave it out")


def unhashable(key: object) -> TypeError | None:
    """Say why a key cannot be hashed; ``None`` when it can."""
    try:
        hash(key)
    except TypeError as error:
        return error
    return None


def hashable(place: str, key: object) -> None:
    """Refuse a key that cannot be hashed."""
    if why := unhashable(key):
        raise TypeError(f"{place} cannot have the key {short(key)}: {why}; use a tuple or a frozen copy")


def short(value: object) -> str:
    """Show a value in at most 60 letters."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def no_reference(place: str, value: object) -> str:
    """Say why a weak table cannot hold a value, and the way out."""
    kind = type(value).__name__
    if hasattr(type(value), "__slots__") and type(value).__module__ != "builtins":
        out = f'add "__weakref__" to the `__slots__` of {kind}'
    else:
        out = "wrap it in a class of your own, or use a `Cache`, which holds its values itself"
    return f"a {place} cannot hold {short(value)}: Python keeps no weak references to {kind} objects; {out}"
