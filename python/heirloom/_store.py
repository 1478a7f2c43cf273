"""A store: where objects are kept, in this process's memory and in a folder.

Promises: 1. a forked child opens its own engine and never touches its parent's; 2. a store can be sent to another
process, where it opens the same folder. Refuses: being the default by itself; ``_scope.py`` has that.
"""

from __future__ import annotations

import atexit
import os
import sys
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any, overload
from weakref import WeakKeyDictionary, WeakSet, WeakValueDictionary

from heirloom import _heirloom

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta
    from pathlib import Path

    from heirloom._cached import C, Cached, Decorator, P, R

_stores: WeakSet[Store] = WeakSet()
_left_behind: list[object] = []
_paused: list[tuple[Store, bool, _heirloom.Engine | None]] = []
declared: WeakValueDictionary[str, Cached[..., Any]] = WeakValueDictionary()
"""Every decorated function by its factory's name, so that an entry made from its objects can be checked."""


class Store:
    """Keeps objects in ``folder``, or in memory only when there is none; opened when it is first used."""

    def __init__(
        self,
        folder: str | os.PathLike[str] | None = None,
        *,
        memory: str | int | None = None,
        disk: str | int | None = None,
        patience: timedelta | None = None,
        settings: str | os.PathLike[str] | bool | None = True,
    ) -> None:
        """Choose folder and budgets; ``settings=True`` reads the nearest ``heirloom.toml`` above the folder."""
        if not isinstance(folder, (str, os.PathLike, type(None))):
            raise TypeError(f"a store lies in a folder, given by its path, or in memory only (None), not in {folder!r}")
        if not isinstance(settings, (str, os.PathLike, bool, type(None))):
            raise TypeError(f"settings= takes the path of a heirloom.toml, True or None, not {settings!r}")
        if patience is not None and not hasattr(patience, "total_seconds"):
            raise TypeError(f"patience= takes a timedelta, not {patience!r}")
        # Texts, because `pathlib` is slow to import: a first hit must not need it.
        self._folder = None if folder is None else os.path.join(os.getcwd(), _text(folder))
        self.memory, self.disk, self.patience = memory, disk, patience
        if settings is True:
            settings = None if self._folder is None else settings_above(os.path.dirname(self._folder.rstrip("/")))
        self.settings = _text(settings) if settings else None
        self._engine: _heirloom.Engine | None = None
        self._shelves: WeakKeyDictionary[Cached[..., Any], tuple[int, _heirloom.Shelf]] = WeakKeyDictionary()
        self._lock = Lock()
        _stores.add(self)

    @cached_property
    def folder(self) -> Path | None:
        """Where objects are kept."""
        from pathlib import Path

        return None if self._folder is None else Path(self._folder)

    @cached_property
    def key_file(self) -> str | os.PathLike[str]:
        """Where the secret lies that entries are signed with."""
        return key_file()

    def engine(self) -> _heirloom.Engine:
        """Open the engine, or find it open."""
        engine = self._engine
        if engine is None:
            with self._lock:
                if self._engine is None:
                    self._engine = _heirloom.Engine(self)
                engine = self._engine
        return engine

    def shelf(self, cached: Cached[..., Any]) -> _heirloom.Shelf:
        """Find the factory of a decorated function in this store, registering it when it is first used."""
        declaration = cached.declaration
        declaration.code_now.look_again()
        version, shelf = self._shelves.get(cached, (-1, None))
        if shelf is None or version != declaration.code_now.version:
            version, shelf = declaration.code_now.version, self.engine().shelf(declaration)
            self._shelves[cached] = (version, shelf)
        return shelf

    def make_known(self, name: str) -> None:
        """Register the factory of a name that a kept entry depends on."""
        if (cached := declared.get(name)) is not None:
            self.shelf(cached)

    def renew(self, name: str, key: bytes, call: str) -> bool:
        """Make a recorded call of a factory again; say whether it still has its key and came to an object."""
        from heirloom._renewal import again

        cached = declared.get(name)
        return cached is not None and again(self.shelf(cached), key, call)

    @overload
    def cached(self, function: C, /) -> C: ...  # type: ignore[overload-overlap] # a class is a function, too
    @overload
    def cached(self, function: Callable[P, R], /) -> Cached[P, R]: ...
    @overload
    def cached(self, /, **options: Any) -> Decorator: ...
    def cached(self, function: Any = None, /, **options: Any) -> Any:
        """Decorate a function as ``heirloom.cached`` does, for this store."""
        from heirloom._cached import decorator

        return decorator(function, self, options)

    def clear(self) -> int:
        """Remove everything from memory and folder; return how many entries were kept."""
        return self.engine().clear()

    def memory_used(self) -> dict[str, int]:
        """Tell the memory tier in numbers: ``bytes``, ``budget``, ``evictions``."""
        return self.engine().memory()

    def __reduce__(self) -> Any:
        state = {"memory": self.memory, "disk": self.disk, "patience": self.patience, "settings": self.settings}
        return _open, (self._folder, state)

    def __repr__(self) -> str:
        return f"Store({self._folder!r})" if self._folder else "Store(None)"

    def _leave_behind(self) -> None:
        engine, self._engine = self._engine, None
        self._lock = Lock()
        if engine is not None:
            _left_behind.append((engine, self._shelves))
            engine.abandon()
        self._shelves = WeakKeyDictionary()


def settings_above(folder: str) -> str | None:
    """Find the nearest ``heirloom.toml``, from ``folder`` upwards."""
    while True:
        if os.path.isfile(file := os.path.join(folder, "heirloom.toml")):
            return file
        folder, below = os.path.dirname(folder), folder
        if folder == below:
            return None


def _text(path: str | os.PathLike[str]) -> str:
    text = os.fspath(path)
    if not isinstance(text, str):
        raise TypeError(f"a path is a text or a pathlib.Path, not {path!r}")
    return text


def key_file() -> str:
    """Say where this user's secret lies: outside of every store."""
    if os.path.isabs(chosen := os.environ.get("HEIRLOOM_KEY_FILE", "")):
        return chosen
    configs = os.environ.get("XDG_CONFIG_HOME", "")
    return os.path.join(configs if os.path.isabs(configs) else home(".config"), "heirloom", "key")


def home(folder: str) -> str:
    """Name a folder of this user's; a user without a home has none."""
    found = os.path.expanduser("~")
    if found == "~":
        raise RuntimeError("Could not determine home directory.")
    return os.path.join(found, folder)


def _open(folder: str | None, state: dict[str, Any]) -> Store:
    return Store(folder, **state)


def _after_fork() -> None:
    _left_behind.extend(_paused)
    _paused.clear()
    _heirloom.next_generation()
    if (tasks := sys.modules.get("heirloom._tasks")) is not None:
        tasks.forget_threads()
    for store in list(_stores):
        store._leave_behind()


def _before_fork() -> None:
    if any(store._engine for store in list(_stores)):
        # What a build imports when it begins: a child would wait for ever for a module that another thread of its parent
        # was just importing.
        from heirloom import _recording, _sealing  # noqa: F401
        from heirloom._closure import acting, closure, ran, recheck, sources, texts  # noqa: F401
        from heirloom._recording import _children, _events, _readers, _watch  # noqa: F401
    for store in list(_stores):
        # One that is being opened just now is waited for, too.
        held = store._lock.acquire(timeout=10)
        engine = store._engine
        if engine is not None:
            engine.pause()
        _paused.append((store, held, engine))


def _after_in_parent() -> None:
    while _paused:
        store, held, engine = _paused.pop()
        if engine is not None:
            engine.resume()
        if held:
            store._lock.release()


def _at_exit() -> None:
    for store in list(_stores):
        engine = store._engine
        if engine is not None:
            engine.rest()


atexit.register(_at_exit)
os.register_at_fork(before=_before_fork, after_in_parent=_after_in_parent, after_in_child=_after_fork)
