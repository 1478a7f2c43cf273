"""Hears audit events: what Python itself tells of files, directories, programs and the network.

Promises: 1. an input is recorded before it is read; 2. a pattern is recorded as a pattern, not as the listings below it;
3. a fault in here never reaches the builder. Refuses: what raises no event; ``_watch.py`` has that.
"""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING, Any

from heirloom import _heirloom
from heirloom._recording import _distributions, _frames, _programs, _readers

if TYPE_CHECKING:
    from collections.abc import Callable

    from heirloom._heirloom import Building
    from heirloom._recording._frames import Asked


def heard(event: str, args: tuple[Any, ...]) -> None:
    """Record what an event tells."""
    builds = _heirloom.builds()
    if not builds:
        return
    asked = _frames.asked(sys._getframe(1), [build.function.__code__ for build in builds])
    if event == "import":
        _readers.before_import(args[0])
        if asked is not None:
            note_import(builds, args[0])
        return
    if asked is None:
        return
    handle = _HANDLERS.get(event, _network)
    for build in builds:
        try:
            handle(build, asked, event, args)
        except (OSError, ValueError):
            # A path that cannot be a path: the builder's own call will say so.
            continue


def text(path: Any) -> str | None:
    """Make a path of what was asked for; ``None`` where it is a descriptor that leads to no path."""
    if path is None:
        return "."
    if isinstance(path, int):
        try:
            path = os.readlink(f"/proc/self/fd/{path}")
        except OSError:
            return None
        return path if os.path.isabs(path) else None
    return os.fsdecode(path)


def note_import(builds: list[Building], name: Any) -> None:
    """Remember that a build asked for a module."""
    for build in builds:
        build.notes.setdefault("imports", {})[name] = None


def _open(build: Building, asked: Asked, event: str, args: tuple[Any, ...]) -> None:
    path, flags = args[0], args[2]
    if isinstance(path, int) or (asked.by("shutil") and asked.near[0][1].startswith("_rmtree")):
        return
    name = text(path)
    if name is None or flags & getattr(os, "O_DIRECTORY", 0):
        return
    if asked.by("importlib.metadata", "entry_points") and _distributions.of_entry_points(build, asked):
        return
    reads = flags & os.O_ACCMODE in (os.O_RDONLY, os.O_RDWR)
    fresh = flags & (os.O_TRUNC | os.O_EXCL)
    if flags & os.O_EXCL and os.path.lexists(name):
        build.stat(name, "kind")
    elif not reads or fresh:
        build.wrote(name)
    else:
        absent = flags & os.O_CREAT and not os.path.lexists(name)
        build.read(name)
        if absent:
            build.wrote(name)


def globs(asked: Asked) -> bool:
    """Whether ``pathlib`` asks while it looks for a pattern, which is recorded as such."""
    return any(
        home.startswith("pathlib") and ("glob" in name or name.startswith(("_select", "_iterate", "selector", "select")))
        for home, name in asked.near
    )


def _list(build: Building, asked: Asked, event: str, args: tuple[Any, ...]) -> None:
    if asked.by("importlib.metadata"):
        folder = text(args[0])
        if folder in sys.path or folder == ".":
            _distributions.note(build, asked)
        elif folder is not None:
            build.listing(folder)
        return
    walks = asked.by("os", "walk", "fwalk", "_walk", "_fwalk") or asked.by("pathlib", "iterdir", "walk")
    if globs(asked) or (not walks and (asked.by("glob") or asked.by("pathlib"))):
        return
    if asked.by("shutil", "rmtree", "_rmtree_safe_fd", "_rmtree_unsafe", "_rmtree_safe_fd_step"):
        return
    name = text(args[0])
    if name is None or os.path.basename(os.path.normpath(name)) == "__pycache__":
        # Python's own cache: `pkgutil` looks into it, and the imports that follow write into it.
        return
    build.listing(name)
    told = frozenset[str]() if walks or event == "os.listdir" else _frames.wanted(asked.below)
    if told:
        for entry in os.scandir(name):
            for what in told:
                build.stat(entry.path, what)


def literal(path: str) -> str:
    """Write a path as a pattern that matches it alone."""
    return re.sub(r"[*?\[]", lambda found: f"[{found[0]}]", path)


def _glob(build: Building, asked: Asked, event: str, args: tuple[Any, ...]) -> None:
    given: tuple[Any, ...] = (*args, None, None)
    pathname, recursive, root, _ = given[:4]
    pattern = os.fsdecode(pathname)
    if root is not None:
        pattern = os.path.join(literal(os.fsdecode(root)), pattern)
    hidden = bool(asked.top.f_locals.get("include_hidden", False))
    parts = [_part(part, bool(recursive), hidden) for part in pattern.split("/")]
    build.pattern("/".join(parts))


def _part(part: str, recursive: bool, hidden: bool) -> str:
    if part == "**" and recursive:
        return part
    part = re.sub(r"\*\*+", "*", part)
    if not hidden and part[:1] in ("*", "?"):
        return "[!.]" + (part[1:] if part[0] == "?" else part)
    return part


def _path_glob(build: Building, asked: Asked, event: str, args: tuple[Any, ...]) -> None:
    if asked.by("pathlib", "glob", "rglob") and len(asked.near) > 1 and asked.near[1][0].startswith("pathlib"):
        return
    folder, pattern = args[0], os.fspath(args[1])
    parts = [part if part == "**" else re.sub(r"\*\*+", "*", part) for part in pattern.split("/")]
    if event.endswith("rglob"):
        parts.insert(0, "**")
    build.pattern(os.path.join(literal(str(folder)), *parts))


def _sqlite(build: Building, asked: Asked, event: str, args: tuple[Any, ...]) -> None:
    name = os.fsdecode(args[0])
    if name.startswith("file:"):
        from urllib.parse import unquote, urlsplit

        parts = urlsplit(name)
        if "mode=memory" in parts.query:
            return
        name = unquote(parts.path)
    if name in ("", ":memory:"):
        return
    exists = os.path.exists(name)
    build.read(name)
    if exists:
        build.absent_or_empty(name + "-wal")
        return
    for ending in ("", "-wal", "-shm", "-journal"):
        build.wrote(name + ending)


def _chdir(build: Building, asked: Asked, event: str, args: tuple[Any, ...]) -> None:
    name = text(args[0])
    if name is not None and not os.path.isabs(name):
        build.working_directory()


def _make(build: Building, asked: Asked, event: str, args: tuple[Any, ...]) -> None:
    """A folder or link: the build's own only when nothing is there yet."""
    name = text(args[0] if event == "os.mkdir" else args[1])
    if name is not None and not os.path.lexists(name):
        build.wrote(name)


def _take_away(build: Building, asked: Asked, event: str, args: tuple[Any, ...]) -> None:
    for path in args[:2] if event == "os.rename" else args[:1]:
        name = text(path)
        if name is not None and os.path.lexists(text(args[0]) or ""):
            build.wrote(name)


def _library(build: Building, asked: Asked, event: str, args: tuple[Any, ...]) -> None:
    name = args[0]
    if isinstance(name, (str, bytes, os.PathLike)) and os.path.exists(os.fsdecode(name)):
        build.read(os.fsdecode(name))


def _network(build: Building, asked: Asked, event: str, args: tuple[Any, ...]) -> None:
    if asked.by("multiprocessing") or asked.by("urllib.request", "get_names"):
        return
    known: dict[str, None] = build.notes.setdefault("network", {})
    detail = _peer(event, args)
    if detail is None or (event in ("socket.connect", "socket.sendto") and known) or detail in known:
        return
    known[detail] = None
    build.unchecked("network", detail)


def _peer(event: str, args: tuple[Any, ...]) -> str | None:
    """Name the other end, without anything that may be a secret."""
    if event == "urllib.Request":
        from urllib.parse import urlsplit

        address = urlsplit(args[0])
        if address.scheme in ("file", "data"):
            return None
        return f"{address.scheme}://{address.hostname}{address.path}"
    if event in ("socket.connect", "socket.sendto"):
        end = args[1]
        return f"{end[0]}:{end[1]}" if isinstance(end, tuple) else os.fsdecode(end)
    at = 0 if event in ("socket.getaddrinfo", "socket.gethostbyname") else 1
    host = args[at]
    return host.decode() if isinstance(host, bytes) else str(host) if host else None


_HANDLERS: dict[str, Callable[[Building, Asked, str, tuple[Any, ...]], None]] = {
    "open": _open,
    "os.listdir": _list,
    "os.scandir": _list,
    "glob.glob/2": _glob,
    "pathlib.Path.glob": _path_glob,
    "pathlib.Path.rglob": _path_glob,
    "sqlite3.connect": _sqlite,
    "os.chdir": _chdir,
    "os.mkdir": _make,
    "os.link": _make,
    "os.symlink": _make,
    "os.remove": _take_away,
    "os.rmdir": _take_away,
    "os.rename": _take_away,
    "os.truncate": _take_away,
    "ctypes.dlopen": _library,
    "subprocess.Popen": _programs.popen,
    "os.system": _programs.system,
    "os.posix_spawn": _programs.spawn,
    "os.exec": _programs.spawn,
    "os.spawn": _programs.spawn,
    "os.fork": _programs.fork,
    "os.forkpty": _programs.fork,
    "pty.spawn": _programs.spawn,
}
