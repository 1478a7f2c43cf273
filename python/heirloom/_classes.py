"""Classes whose instances are built once: ``X(args)`` returns the one shared instance.

Promises: 1. the class stays a class, so ``isinstance``, inheritance and pickles work as before; 2. a subclass is cached
only when it is decorated itself; 3. ``__heirloom_versions__`` and ``__heirloom_traits__`` of the class are read. Refuses:
classes without an ``__init__`` or ``__new__`` of their own in Python; nothing is built there.
"""

from __future__ import annotations

from types import FunctionType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_ASKED = frozenset({
    "bypass", "cache_clear", "cache_info", "expect", "explain", "fingerprint", "forget", "handle", "refresh", "state", "stats",
})  # fmt: skip
_made: dict[type, type] = {}


def decorate_class(cls: type, decorate: Callable[[Any, dict[str, Any]], Any]) -> type:
    """Have calls of ``cls`` answered by a cached builder that makes its instances."""
    cls = _made_anew(cls)
    build = _builder(cls)
    options: dict[str, Any] = {}
    if (versions := getattr(cls, "__heirloom_versions__", None)) is not None:
        options["versions"] = versions
    if (traits := getattr(cls, "__heirloom_traits__", None)) is not None:
        options["traits"] = traits
    cached = decorate(build, options)
    cls.__heirloom__ = cached  # type: ignore[attr-defined]
    return cls


def _made_anew(cls: type) -> type:
    """Make the class again under a metaclass that answers its calls, as ``dataclass(slots=True)`` makes one again."""
    slots = cls.__dict__.get("__slots__", ())
    left_out = {"__dict__", "__weakref__", *((slots,) if isinstance(slots, str) else slots)}
    body = {name: value for name, value in vars(cls).items() if name not in left_out}
    made: type = _metaclass(type(cls))(cls.__name__, cls.__bases__, body)
    made.__qualname__ = cls.__qualname__
    for member in body.values():
        # What says `super()` holds the class that it was written in.
        function = getattr(member, "fget", None) or getattr(member, "__func__", member)
        for cell in getattr(function, "__closure__", None) or ():
            try:
                if cell.cell_contents is cls:
                    cell.cell_contents = made
            except ValueError:  # an empty cell
                pass
    return made


def _builder(cls: type) -> Callable[..., Any]:
    """Make a function with the parameters of the class's ``__init__`` (or ``__new__``), without the first."""
    for name in ("__init__", "__new__"):
        shape = getattr(cls, name)
        if isinstance(shape, FunctionType):
            break
    else:
        raise TypeError(f"cached() takes a class with an __init__ of its own; {cls.__qualname__} builds nothing")

    def build(*args: Any, **kwargs: Any) -> Any:
        return type.__call__(cls, *args, **kwargs)

    build.__name__, build.__qualname__ = cls.__name__, cls.__qualname__
    build.__module__, build.__doc__ = cls.__module__, cls.__doc__
    build.__heirloom_shape__ = shape  # type: ignore[attr-defined]
    build.__wrapped__ = cls  # type: ignore[attr-defined]
    return build


def _metaclass(meta: type) -> type:
    if meta not in _made:

        def call(cls: Any, *args: Any, **kwargs: Any) -> Any:
            cached = vars(cls).get("__heirloom__")
            return meta.__call__(cls, *args, **kwargs) if cached is None else cached(*args, **kwargs)

        def attribute(cls: Any, name: str) -> Any:
            if name in _ASKED and (cached := vars(cls).get("__heirloom__")) is not None:
                return getattr(cached, name)
            raise AttributeError(f"type object {cls.__name__!r} has no attribute {name!r}")

        _made[meta] = type(f"Cached{meta.__name__}", (meta,), {"__call__": call, "__getattr__": attribute})
    return _made[meta]
