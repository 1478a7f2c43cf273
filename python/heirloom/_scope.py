"""Which store a call uses: that of the scope, else the default one; and where the cache is off.

Promises: 1. the default store is opened when it is first needed; one that cannot be opened costs a warning and a
memory-only store, never the call; 2. a scope belongs to its thread or task. Refuses: reading ``HEIRLOOM_DISABLE`` twice.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from contextvars import ContextVar
from threading import RLock
from typing import TYPE_CHECKING

from heirloom import _heirloom
from heirloom._store import Store, home, settings_above
from heirloom.errors import HeirloomError, warn

if TYPE_CHECKING:
    from collections.abc import Iterator

_SCOPE: ContextVar[Store | None] = ContextVar("heirloom_store")
_OFF = os.environ.get("HEIRLOOM_DISABLE", "0") not in ("", "0")
_lock = RLock()
_default: Store | None = None


def off() -> str | None:
    """Say what switches the cache off here, if anything does."""
    if _OFF:
        return "HEIRLOOM_DISABLE"
    return "heirloom.disabled()" if _SCOPE.get(_DEFAULT) is None else None


def scoped() -> Store | None:
    """Find the store of the scope."""
    store = _SCOPE.get(_DEFAULT)
    return None if store is _DEFAULT else store


def default_store() -> Store:
    """Find the store of the whole process, opening it when it is first needed."""
    global _default
    with _lock:
        if _default is None:
            _default = _open_default()
        return _default


def set_default_store(store: Store | None) -> Store | None:
    """Make ``store`` the default of the whole process and return the former; ``None`` goes back to the usual one."""
    global _default
    if store is not None:
        _check(store)
    with _lock:
        former, _default = _default, store
    _heirloom.next_generation()
    return former


@contextmanager
def using(store: Store) -> Iterator[Store]:
    """Use ``store`` for every call in this block that was not given a store of its own."""
    _check(store)
    with _within(store):
        yield store


@contextmanager
def disabled() -> Iterator[None]:
    """Switch the cache off in this block: every call builds, nothing is read or kept."""
    with _within(None):
        yield


def _check(store: Store) -> None:
    if not isinstance(store, Store):
        raise TypeError(f"a store is a heirloom.Store, such as Store({str(store)!r}), not {store!r}")


@contextmanager
def _within(store: Store | None) -> Iterator[None]:
    token = _SCOPE.set(store)
    _heirloom.attend(True)
    try:
        yield
    finally:
        _heirloom.attend(False)
        _SCOPE.reset(token)


def _open_default() -> Store:
    try:
        store = Store(_default_folder(), settings=settings_above(os.getcwd()))
        store.engine()
        return store
    except (HeirloomError, OSError, RuntimeError) as error:
        warn(f"{error}; this process keeps its objects in memory only")
        return _DEFAULT


def _default_folder() -> str:
    settings = settings_above(os.getcwd())
    if settings is not None:
        return _heirloom.store_folder(settings)
    caches = os.environ.get("XDG_CACHE_HOME", "")
    return os.path.join(caches if os.path.isabs(caches) else home(".cache"), "heirloom")


_DEFAULT = Store(None, settings=None)
"""A store without a folder: stands for "no scope", and for a default store that could not be opened."""
