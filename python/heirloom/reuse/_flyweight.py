"""Instances of a class that are one object when they are constructed equally.

Promises: 1. while anybody holds an instance, constructing it again gives the very same; 2. it is constructed once, however
many threads ask; 3. copying gives the same object, and so does unpickling in a process that has it; 4. ``__slots__`` work,
also without ``__weakref__``; a subclass shares its own instances. Refuses: unhashable arguments; subclasses of tuple, int
and the like without a ``__dict__``.
"""

from __future__ import annotations

import inspect
from typing import Any, TypeVar, cast

from heirloom.reuse import _bounds
from heirloom.reuse._weak import WeakStats, WeakValueCache

T = TypeVar("T")


class _FlyweightType(type):
    """The type of flyweight classes: constructing looks for an equal instance first."""

    def __init__(cls, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Keys are told apart strictly: `1` and `1.0` make two instances.
        cls._flyweights: WeakValueCache[Any, Any] = WeakValueCache(typed=True)
        cls._flyweight_signature: inspect.Signature | None = None
        # How many arguments a call has that is in its one form already; none when the constructor takes other kinds.
        cls._flyweight_count = -1

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        if kwargs or len(args) != cls._flyweight_count:
            args, kwargs = cls._canonical(args, kwargs)
        key = (args, tuple(sorted(kwargs.items()))) if kwargs else args
        try:
            found = cls._flyweights._hit(key)
        except TypeError as error:
            why = _bounds.unhashable(key) or error
            raise TypeError(f"{cls.__qualname__} is a flyweight: its arguments are its key, and {why}") from None
        return cls._constructed(key, args, kwargs) if found is None else found

    def _constructed(cls, key: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        def construct() -> Any:
            made = super(_FlyweightType, cls).__call__(*args, **kwargs)
            object.__setattr__(made, "_flyweight_arguments", (args, kwargs))
            return made

        return cls._flyweights.get_or_create(key, construct)

    def _canonical(cls, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Give one form to every spelling of a call: by position, by name, by default."""
        if cls._flyweight_signature is None:
            cls._flyweight_signature = inspect.signature(_constructor(cls))
            kinds = {parameter.kind for parameter in cls._flyweight_signature.parameters.values()}
            if kinds <= {inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD}:
                cls._flyweight_count = len(cls._flyweight_signature.parameters) - 1
        bound = cls._flyweight_signature.bind(None, *args, **kwargs)
        bound.apply_defaults()
        return bound.args[1:], bound.kwargs


def _constructor(cls: type) -> Any:
    return cls.__init__ if cls.__init__ is not object.__init__ else cls.__new__  # type: ignore[misc]


class _Shared:
    """What instances of flyweight classes do otherwise."""

    __slots__ = ()

    def __copy__(self: T) -> T:
        return self

    def __deepcopy__(self: T, _: dict[int, Any]) -> T:
        return self

    def __reduce__(self) -> Any:
        args, kwargs = self._flyweight_arguments  # type: ignore[attr-defined]
        return _construct, (type(self), args, kwargs)

    def __reduce_ex__(self, _: Any) -> Any:
        return self.__reduce__()


def _construct(cls: type, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    return cls(*args, **kwargs)


def flyweight(cls: type[T]) -> type[T]:
    """Make equal constructions of a class share one instance, which must not change.

    >>> @flyweight
    ... class Maker:
    ...     def __init__(self, name, country="DE"):
    ...         self.name, self.country = name, country
    >>> Maker("Acme") is Maker(name="Acme", country="DE")
    True
    """
    if not isinstance(cls, type):
        raise TypeError(f"`@flyweight` decorates classes, and {cls!r} is none; to share what a function makes, use a cache")
    has = {"__weakref__": cls.__weakrefoffset__, "_flyweight_arguments": cls.__dictoffset__}
    slots = [name for name, offset in has.items() if not offset]
    if slots and cls.__itemsize__:
        raise TypeError(f"{cls.__qualname__} cannot be a flyweight: its instances have no `__dict__`; leave `__slots__` out")
    meta: Any = _FlyweightType
    if type(cls) is not type:
        meta = type(f"Flyweight{type(cls).__name__}", (_FlyweightType, type(cls)), {})
    names = {
        "__slots__": tuple(slots),
        "__module__": cls.__module__,
        "__qualname__": cls.__qualname__,
        "__doc__": cls.__doc__,
        "__wrapped__": cls,
        **{name: vars(_Shared)[name] for name in ("__copy__", "__deepcopy__", "__reduce__", "__reduce_ex__")},
    }
    return cast("type[T]", meta(cls.__name__, (cls,), names))


def flyweight_stats(cls: type) -> WeakStats:
    """Return what a flyweight class has counted; `live` is the number of its shared instances.

    >>> @flyweight
    ... class Colour:
    ...     def __init__(self, name):
    ...         self.name = name
    >>> red = Colour("red"), Colour("red")
    >>> flyweight_stats(Colour)
    WeakStats(hits=1, misses=1, waited=0, builds=1, live=1)
    """
    if not isinstance(cls, _FlyweightType):
        raise TypeError(f"{cls!r} is no flyweight class; decorate it with `@flyweight`")
    return cls._flyweights.stats()
