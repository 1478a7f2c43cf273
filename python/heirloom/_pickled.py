"""How a decorated function travels to another process: by its name, or, where no other process knows that name, whole.

Where it stands: ``Cached.__reduce__`` asks. Promises: 1. with plain ``pickle`` it travels by name, as a function does; 2. with
``cloudpickle`` (joblib, dask, ray) one of ``__main__`` or of a function's body travels with its code, as the function itself
would, under the same factory's name and in the same store. Refuses: to import ``cloudpickle``; whoever pickles has.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from heirloom._cached import Cached

_FRAMES = 8
"""A pickler that is written in Python has this many calls between itself and us, at most."""


def reduced(cached: Cached[..., Any]) -> Any:
    """Say how to make a decorated function again."""
    function = cached.__wrapped__
    known = function.__module__ != "__main__" and "<locals>" not in function.__qualname__
    if known or not _takes_code():
        return cached.__qualname__
    # Made empty first, so that a function that calls itself by its decorated name comes to an end.
    return _blank, (type(cached),), (function, cached._store, cached.declaration.told), None, None, _fill


def _takes_code() -> bool:
    """Whether the pickler that asks takes functions with their code."""
    frame = sys._getframe(2)
    for _ in range(_FRAMES):
        asking = frame.f_locals.get("self")
        if any("cloudpickle" in base.__module__.split(".") for base in type(asking).__mro__):
            return True
        if frame.f_back is None:
            return False
        frame = frame.f_back
    return False


def _blank(cls: type[Cached[..., Any]]) -> Cached[..., Any]:
    blank: Cached[..., Any] = cls.__new__(cls)
    return blank


def _fill(cached: Cached[..., Any], state: Any) -> None:
    from heirloom._declaration import Declaration

    function, store, told = state
    declaration = Declaration(function, **told)
    declaration.told = told
    cached.__init__(function, store, declaration)  # type: ignore[misc]
