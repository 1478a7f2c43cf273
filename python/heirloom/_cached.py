"""The decorator, and what stands under the decorated function's name.

Promises: 1. the function itself is unchanged, under ``__wrapped__``; 2. positional, named and defaulted spellings of one
call are one object; 3. a decorated function is pickled by name. Refuses: a store of its own; ``_scope.py`` chooses.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, Protocol, TypeVar, cast, overload

from heirloom import _heirloom, _scope, _store
from heirloom._declaration import Declaration
from heirloom._explanation import Explanation, FingerprintTree, State
from heirloom._lru import CacheInfo

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FunctionType

P = ParamSpec("P")
R = TypeVar("R")
C = TypeVar("C", bound=type)


@_heirloom.hand_made
class Cached(_heirloom.Call, Generic[P, R]):
    """A function whose results are built once and handed down."""

    __wrapped__: Callable[P, R]
    __name__: str
    __qualname__: str

    def __init__(self, function: Callable[P, R], store: _store.Store | None, declaration: Declaration) -> None:
        functools.update_wrapper(self, function)
        self.declaration = declaration
        self._store = store
        self._cleared = (0, 0)
        _store.declared.setdefault(declaration.name, self)

    if TYPE_CHECKING:

        def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R: ...

    def bypass(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Build without reading or writing the cache."""
        return self._ask(args, kwargs, "bypass", None)

    def refresh(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Build again and replace what is kept."""
        return self._ask(args, kwargs, "refresh", None)

    def state(self, *args: P.args, **kwargs: P.kwargs) -> State:
        """Say where the object of a call is now."""
        return State(self._shelf().state(args, kwargs, _scope.off() or "get"))

    def explain(self, *args: P.args, **kwargs: P.kwargs) -> Explanation:
        """Say what a call would come to now, and why; never builds."""
        return Explanation(*self._shelf().explain(args, kwargs, _scope.off() or "get", None))

    def forget(self, *args: P.args, **kwargs: P.kwargs) -> int:
        """Forget every kept version of a call's object; return how many there were."""
        return self._shelf().forget(args, kwargs)

    def expect(self, **traits: Any) -> Expecting[P, R]:
        """Ask as a client that expects these traits: what lacks one is built again, without being opened."""
        return Expecting(self, traits)

    def handle(self, *args: P.args, **kwargs: P.kwargs) -> Handle[R]:
        """Make a small reference to the object of a call, to send to other processes in its place."""
        return Handle(self, args, kwargs)

    def fingerprint(self) -> FingerprintTree:
        """Say what of the code counts, and why: prints as a tree of everything that the function reaches."""
        return FingerprintTree(self.declaration.code_now.reached())

    def cache_info(self) -> CacheInfo:
        """Tell hits, misses and live objects, as ``functools`` does."""
        hits, misses = self._counted()
        return CacheInfo(hits - self._cleared[0], misses - self._cleared[1], None, self.stats()["live_objects"])

    def cache_clear(self) -> None:
        """Remove everything of this function, from memory and folder, and count from zero again."""
        self._shelf().clear()
        self._cleared = self._counted()

    def stats(self) -> dict[str, int]:
        """Tell everything that was counted in this process."""
        return self._shelf().stats()

    def _counted(self) -> tuple[int, int]:
        told = self.stats()
        return told["memory_hits"] + told["disk_hits"] + told["waits"], told["builds"]

    def _miss(self, args: tuple[Any, ...], kwargs: dict[str, Any] | None) -> R:
        return self._ask(args, kwargs, "get", None)

    def _ask(self, args: tuple[Any, ...], kwargs: dict[str, Any] | None, mode: str, expect: Any) -> R:
        if _scope.off() is not None:
            try:
                return self.__wrapped__(*args, **(kwargs or {}))
            finally:
                self.declaration.code_now.absorb()
        return cast("R", self._shelf().get(args, kwargs, mode, expect))

    def _shelf(self) -> _heirloom.Shelf:
        store = self._store or _scope.scoped()
        shelf = (store or _scope.default_store()).shelf(self)
        if store is None or store is self._store:
            self._answer_from(shelf)
        return shelf

    @overload
    def __get__(self, instance: None, owner: type) -> Cached[P, R]: ...
    @overload
    def __get__(self, instance: object, owner: type | None = None) -> Bound: ...
    def __get__(self, instance: object | None, owner: type | None = None) -> Cached[P, R] | Bound:
        return self if instance is None else Bound(self, instance)

    def __reduce__(self) -> Any:
        from heirloom._pickled import reduced

        return reduced(self)

    def __repr__(self) -> str:
        return f"<cached {self.declaration.name}>"


class CachedTask(Cached[P, R]):
    """The same for ``async def``: awaiting blocks no loop."""

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Ask for the object; await what comes back."""
        return self._ask(args, kwargs, "get", None)

    def _ask(self, args: tuple[Any, ...], kwargs: dict[str, Any] | None, mode: str, expect: Any) -> R:
        from heirloom._tasks import ask

        if _scope.off() is not None:
            return self.__wrapped__(*args, **(kwargs or {}))
        return cast("R", ask(self._shelf(), args, kwargs, mode, expect))


class Expecting(Generic[P, R]):
    """A decorated function as seen by a client that expects certain traits."""

    def __init__(self, cached: Cached[P, R], traits: dict[str, Any]) -> None:
        self._cached, self._traits = cached, traits

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Hand down an object that has the traits."""
        return self._cached._ask(args, kwargs, "get", self._traits)

    def explain(self, *args: P.args, **kwargs: P.kwargs) -> Explanation:
        """Say what such a call would come to now, and why."""
        return Explanation(*self._cached._shelf().explain(args, kwargs, _scope.off() or "get", self._traits))


class Handle(Generic[R]):
    """A call that has not been made: small, picklable, and the same object for whoever gets it."""

    def __init__(self, cached: Cached[..., R], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self._cached, self._args, self._kwargs = cached, args, kwargs

    def get(self) -> R:
        """Hand the object down."""
        return self._cached(*self._args, **self._kwargs)

    def forget(self) -> int:
        """Forget every kept version of the object; return how many there were."""
        return self._cached.forget(*self._args, **self._kwargs)

    def state(self) -> State:
        """Say where the object is now."""
        return self._cached.state(*self._args, **self._kwargs)

    def explain(self) -> Explanation:
        """Say what getting it would come to now, and why."""
        return self._cached.explain(*self._args, **self._kwargs)

    def __reduce__(self) -> Any:
        return Handle, (self._cached, self._args, self._kwargs)

    def __repr__(self) -> str:
        given = [*map(repr, self._args), *(f"{name}={value!r}" for name, value in self._kwargs.items())]
        return f"<handle {self._cached.declaration.name}({', '.join(given)})>"


class Bound:
    """A decorated method together with its object: every question takes the object first."""

    def __init__(self, cached: Cached[..., Any], instance: object) -> None:
        self.__func__, self.__self__ = cached, instance
        self.__wrapped__ = cached.__wrapped__.__get__(instance)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Hand down the object of a call."""
        return self.__func__(self.__self__, *args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.__func__, name)
        if name in ("bypass", "refresh", "state", "explain", "forget", "handle"):
            return functools.partial(found, self.__self__)
        return found

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Bound) and other.__func__ is self.__func__ and other.__self__ is self.__self__

    def __hash__(self) -> int:
        return hash((id(self.__func__), id(self.__self__)))

    def __reduce__(self) -> Any:
        return getattr, (self.__self__, self.__func__.__name__)

    def __repr__(self) -> str:
        return f"<bound {self.__func__!r} of {self.__self__!r}>"


class Decorator(Protocol):
    """What decorates: a class stays one, a function can be asked more than before."""

    @overload
    def __call__(self, function: C, /) -> C: ...  # type: ignore[overload-overlap] # a class is a function, too
    @overload
    def __call__(self, function: Callable[P, R], /) -> Cached[P, R]: ...


@overload
def cached(function: C, /) -> C: ...  # type: ignore[overload-overlap] # a class is a function, too
@overload
def cached(function: Callable[P, R], /) -> Cached[P, R]: ...
@overload
def cached(**options: Any) -> Decorator: ...
def cached(function: Any = None, /, *, store: Any = None, **options: Any) -> Any:
    """Have a function's results built once, for every later call, run and process.

    Options: ``versions={"dev1": 3}`` counters, one per developer; ``code="function"``, ``"files"`` or ``"manual"`` for less
    than all that is reached, which ``depends_on=`` and ``ignore_code=`` mend; ``epoch="7d"`` and ``ttl="1h"``; ``schema=2``
    with ``migrate={1: convert}``; ``traits=f``; ``ignore=("verbose",)`` and ``key=f`` choose what counts of the arguments;
    ``files=("data/*.csv",)`` are inputs; ``name="tables"``; ``store=`` a store or a folder.
    """
    return decorator(function, store, options)


def decorator(function: Any, store: Any, options: dict[str, Any]) -> Any:
    """Decorate a function, or make what will decorate one."""
    if function is None:
        return functools.partial(_decorate, store=store, options=options)
    return _decorate(function, store, options)


def _decorate(function: Any, store: Any, options: dict[str, Any]) -> Any:
    if isinstance(function, (staticmethod, classmethod)):
        return type(function)(_decorate(function.__func__, store, options))
    if isinstance(function, property):
        return property(_decorate(function.fget, store, options), function.fset, function.fdel, function.__doc__)
    if isinstance(function, type):
        from heirloom._classes import decorate_class

        return decorate_class(function, lambda build, more: _decorate(build, store, {**more, **options}))
    declaration = Declaration(cast("FunctionType", function), **options)
    declaration.told = {**options, "name": declaration.name}
    if store is not None and not isinstance(store, _store.Store):
        store = _store.Store(store)
    kind = CachedTask if function.__code__.co_flags & 0x80 else Cached
    return kind(function, store, declaration)
