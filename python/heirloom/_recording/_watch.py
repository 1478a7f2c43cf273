"""Stands before what raises no audit event: ``os.stat`` and its family, the environment, the start of threads.

Promises: 1. each stand-in behaves as what it stands for, also in ``os.supports_follow_symlinks``; 2. a module of the
project that took the original by ``from os import stat`` is given the stand-in; 3. a thread belongs to the build that
started it, and a task given to a pool to the build that gave it. Refuses: being taken away again; while no build is open it
only passes on.
"""

from __future__ import annotations

import _thread
import functools
import os
import pathlib
import sys
import threading
from typing import TYPE_CHECKING, Any

from heirloom import _heirloom
from heirloom._recording import _distributions, _frames
from heirloom._recording._events import globs, note_import, text

if TYPE_CHECKING:
    from collections.abc import Callable

    from heirloom._heirloom import Building
    from heirloom._recording._frames import Asked

_MISSING = object()
_KINDS = ("exists", "isfile", "isdir", "is_file", "is_dir", "is_mount", "ismount", "samefile", "is_socket", "is_fifo")
_TIMES = ("getmtime", "getctime", "getatime")


def install() -> None:
    """Put every stand-in in its place, once."""
    import posix

    stand_ins: dict[int, tuple[Any, Any]] = {}
    watchers = {"stat": _stat, "lstat": _lstat, "access": _access, "readlink": _readlink, "getcwd": _getcwd}
    for name, watcher in {**watchers, "getcwdb": _getcwd}.items():
        original = getattr(os, name)
        stand_in = _heirloom.watched(original, watcher)
        stand_ins[id(original)] = original, stand_in
        for module in (os, posix):
            setattr(module, name, stand_in)
        for known in ("supports_fd", "supports_dir_fd", "supports_follow_symlinks", "supports_effective_ids"):
            if original in getattr(os, known):
                getattr(os, known).add(stand_in)
        if (accessor := getattr(pathlib, "_NormalAccessor", None)) is not None and hasattr(accessor, name):
            setattr(accessor, name, stand_in)
    for module in list(sys.modules.values()):
        if _frames.is_project(module):
            for key, value in list(vars(module).items()):
                if (pair := stand_ins.get(id(value))) is not None and pair[0] is value:
                    setattr(module, key, pair[1])
    _watch_environment()
    _watch_imports()
    _watch_finding()
    _watch_threads()


def _each(handle: Callable[[Building, Asked], None]) -> None:
    builds = _heirloom.builds()
    if not builds:
        return
    asked = _frames.asked(sys._getframe(2), [build.function.__code__ for build in builds])
    if asked is None:
        return
    for build in builds:
        try:
            handle(build, asked)
        except (OSError, ValueError):
            continue


def _path(args: tuple[Any, ...], kwargs: dict[str, Any]) -> str | None:
    path = args[0] if args else kwargs.get("path", _MISSING)
    if path is _MISSING or isinstance(path, int) or kwargs.get("dir_fd") is not None:
        return None
    return text(path)


def _stat(args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    if kwargs.get("follow_symlinks") is False:
        _each(lambda build, asked: _look(build, asked, _path(args, kwargs), link=True))
    else:
        _each(lambda build, asked: _look(build, asked, _path(args, kwargs), link=False))


def _lstat(args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    _each(lambda build, asked: _look(build, asked, _path(args, kwargs), link=True))


def _look(build: Building, asked: Asked, name: str | None, *, link: bool) -> None:
    if name is None:
        return
    if asked.by("importlib.metadata"):
        _distributions.note(build, asked)
        return
    if asked.by("glob") or asked.by("os", "walk", "fwalk", "_walk", "_fwalk") or globs(asked):
        return
    if link and (asked.by("posixpath", "realpath", "_joinrealpath", "islink") or asked.by("pathlib", "is_symlink")):
        if os.path.islink(name) or asked.by("posixpath", "islink") or asked.by("pathlib", "is_symlink"):
            build.stat(name, "link")
        return
    for what in _wanted(asked, name):
        if what == "content":
            build.read(name)
        else:
            build.stat(name, what)


def _wanted(asked: Asked, name: str) -> frozenset[str] | set[str]:
    functions = [function for _, function in asked.near]
    if any(function in _KINDS for function in functions):
        return {"kind"}
    if "getsize" in functions:
        return {"size"}
    if any(function in _TIMES for function in functions):
        return {"modified"}
    others = [home for home, _ in asked.near if not home.startswith(("pathlib", "posixpath", "genericpath", "os", "contextlib"))]
    if others:
        return {"kind", "size", "modified"} if "tarfile" in others else {"kind"}
    told = _frames.wanted(asked.below)
    if told:
        return told | {"kind"}
    return {"content"} if os.path.isfile(name) else {"kind"}


def _access(args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    def note(build: Building, asked: Asked) -> None:
        if (name := _path(args, kwargs)) is not None:
            build.stat(name, "kind")
            if os.path.lexists(name):
                build.stat(name, "mode")

    _each(note)


def _readlink(args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    def note(build: Building, asked: Asked) -> None:
        if (name := _path(args, kwargs)) is not None:
            build.stat(name, "link")

    _each(note)


def _getcwd(args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    _each(lambda build, asked: None if asked.by("tempfile") or asked.by("multiprocessing") else build.working_directory())


NOISE = frozenset({"_", "COLUMNS", "LINES", "OLDPWD", "PWD", "PYTHONHASHSEED", "PYTEST_CURRENT_TEST", "SHLVL", "WINDOWID"})
"""Variables that differ from shell to shell and window to window: they count when they are asked for by name only."""

_NOT_FOR_INPUTS = ("subprocess", "tempfile", "multiprocessing", "urllib", "ssl", "http", "webbrowser")


def _moment(asked: Asked) -> tuple[int, int] | None:
    """Tell one instruction from others: ``dict(os.environ)`` asks for all names and each value within one."""
    return None if asked.below is None else (id(asked.below), asked.below.f_lasti)


def _variable(name: Any) -> None:
    def note(build: Building, asked: Asked) -> None:
        if any(asked.by(module) for module in _NOT_FOR_INPUTS) or name in build.notes.get("set", ()):
            return
        if name in NOISE and (asked.by("_collections_abc", "__iter__") or build.notes.get("all") == _moment(asked)):
            return
        build.variable(name)
        value = os.environ._data.get(os.environ.encodekey(name))  # type: ignore[attr-defined]
        if value is not None and os.path.isabs(os.fsdecode(value)):
            build.fixed(os.fsdecode(value))

    _each(note)


def _all_variables() -> None:
    from heirloom._recording._ambient import variable_names

    def note(build: Building, asked: Asked) -> None:
        if any(asked.by(module) for module in _NOT_FOR_INPUTS):
            return
        names = variable_names()
        build.notes["all"] = _moment(asked)
        build.ambient("the names of environment variables", "\0".join(names).encode())
        for name in names:
            build.variable(name)

    _each(note)


def _set_variable(name: Any) -> None:
    for build in _heirloom.builds():
        build.notes.setdefault("set", set()).add(name)


def _watch_environment() -> None:
    environ: Any = type(os.environ)
    getitem, setitem, delitem, each = environ.__getitem__, environ.__setitem__, environ.__delitem__, environ.__iter__

    @functools.wraps(getitem)
    def __getitem__(self: Any, key: Any) -> Any:  # noqa: N807
        if _heirloom.recording() and isinstance(key, (str, bytes)):
            _heirloom.quietly(_variable, os.fsdecode(key))
        return getitem(self, key)

    @functools.wraps(setitem)
    def __setitem__(self: Any, key: Any, value: Any) -> None:  # noqa: N807
        setitem(self, key, value)
        if _heirloom.recording():
            _set_variable(os.fsdecode(key))

    @functools.wraps(delitem)
    def __delitem__(self: Any, key: Any) -> None:  # noqa: N807
        delitem(self, key)
        if _heirloom.recording():
            _set_variable(os.fsdecode(key))

    @functools.wraps(each)
    def __iter__(self: Any) -> Any:  # noqa: N807
        if _heirloom.recording():
            _heirloom.quietly(_all_variables)
        return each(self)

    environ.__getitem__, environ.__setitem__, environ.__delitem__ = __getitem__, __setitem__, __delitem__
    environ.__iter__ = __iter__


def _watch_imports() -> None:
    import importlib

    original = importlib.import_module

    @functools.wraps(original)
    def import_module(name: str, package: str | None = None) -> Any:
        if _heirloom.recording():
            _heirloom.quietly(_note_import, name, package)
        return original(name, package)

    importlib.import_module = import_module
    for module in list(sys.modules.values()):
        if _frames.is_project(module) and vars(module).get("import_module") is original:
            vars(module)["import_module"] = import_module


def _note_import(name: str, package: str | None) -> None:
    import importlib.util

    if name[:1] == "." and package:
        name = importlib.util.resolve_name(name, package)
    _each(lambda build, asked: note_import([build], name))


def _watch_finding() -> None:
    import importlib.util

    original = importlib.util.find_spec

    @functools.wraps(original)
    def find_spec(name: str, package: str | None = None) -> Any:
        if _heirloom.recording():
            _heirloom.quietly(_note_place, name, package)
        return original(name, package)

    importlib.util.find_spec = find_spec
    for module in list(sys.modules.values()):
        if _frames.is_project(module) and vars(module).get("find_spec") is original:
            vars(module)["find_spec"] = find_spec


def _note_place(name: str, package: str | None) -> None:
    """Record whether the project has a module, for code that looks for it without importing it."""
    import importlib.util

    if name[:1] == "." and package:
        name = importlib.util.resolve_name(name, package)
    inside = name.replace(".", os.sep)

    def note(build: Building, asked: Asked) -> None:
        for place in dict.fromkeys(os.path.abspath(folder or ".") for folder in sys.path if isinstance(folder, str)):
            if build.project is not None and (place + os.sep).startswith(build.project + os.sep):
                for ending in (".py", os.path.join("", "__init__.py")):
                    build.stat(os.path.join(place, inside + ending), "kind")

    _each(note)


def _run_within(build: Building, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    build.adopt_thread()
    return function(*args, **kwargs)


def _own(build: Building, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    """Run a pool's task as a part of the build that gave it, and give the worker back as it was."""
    import contextvars

    return contextvars.copy_context().run(_run_within, build, function, *args, **kwargs)


def _current() -> Building | None:
    return _heirloom.current_build() if _heirloom.recording() else None


def _watch_threads() -> None:
    for module, name in ((threading, "_start_new_thread"), (threading, "_start_joinable_thread"), (_thread, "start_new_thread")):
        start = getattr(module, name, None)
        if start is not None:
            setattr(module, name, _starting(start))
    from concurrent.futures import ThreadPoolExecutor

    submit: Any = ThreadPoolExecutor.submit

    @functools.wraps(submit)
    def within(self: Any, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
        build = _current()
        return submit(self, fn, *args, **kwargs) if build is None else submit(self, _own, build, fn, *args, **kwargs)

    ThreadPoolExecutor.submit = within  # type: ignore[method-assign]


def _starting(start: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(start)
    def begin(function: Any, *args: Any, **kwargs: Any) -> Any:
        build = _current()
        if build is None or not callable(function):
            return start(function, *args, **kwargs)
        return start(functools.partial(_run_within, build, function), *args, **kwargs)

    return begin
