"""Records child programs: what they are told, the files that they are told of, and that nothing more can be checked.

Promises: 1. a file named in a command counts by content; 2. a variable that a shell command names counts. Refuses: seeing
what the child reads by itself; that is recorded as "cannot be checked".
"""

from __future__ import annotations

import _io
import os
import re
import shlex
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from heirloom._heirloom import Building
    from heirloom._recording._frames import Asked

_OURS = ("platform", "uuid", "ctypes", "webbrowser", "multiprocessing")
_MOST = 200
"""No more files are followed from one command."""
_SHELLS = frozenset({"sh", "bash", "zsh", "dash", "ksh"})


def popen(build: Building, asked: Asked, event: str, args: tuple[Any, ...]) -> None:
    """``subprocess.Popen``: executable, arguments, folder, environment."""
    if any(asked.by(module) for module in _OURS):
        return
    command = args[1] if isinstance(args[1], (list, tuple)) else [args[1]]
    told = [args[0], *command] if args[0] and args[0] not in command else list(command)
    _record(build, told, os.fsdecode(args[2]) if args[2] is not None else None)


def system(build: Building, asked: Asked, event: str, args: tuple[Any, ...]) -> None:
    """``os.system``: one line for the shell."""
    _record(build, ["sh", "-c", args[0]], None)


def spawn(build: Building, asked: Asked, event: str, args: tuple[Any, ...]) -> None:
    """``os.exec``, ``os.spawn``, ``os.posix_spawn``: a path and its arguments."""
    if any(asked.by(module) for module in _OURS):
        return
    words: list[Any] = []
    for part in args:
        if isinstance(part, (str, bytes, os.PathLike)):
            words.append(part)
        elif isinstance(part, (list, tuple)):
            words += part
    _record(build, words, None)


def fork(build: Building, asked: Asked, event: str, args: tuple[Any, ...]) -> None:
    """``os.fork``: a child of the same program; ``_children.py`` follows those of ``multiprocessing``."""
    if not asked.by("multiprocessing") and not asked.by("subprocess"):
        build.unchecked("child process", "fork")


def _record(build: Building, command: list[Any], folder: str | None) -> None:
    words = [os.fsdecode(word) for word in command if isinstance(word, (str, bytes, os.PathLike))]
    shown = shlex.join(words)
    build.unchecked("child process", shown if len(shown) <= 200 else shown[:199] + "…")
    for at, word in enumerate(words):
        for name in _names(word, at > 0 and words[at - 1] in ("-c", "-lc")):
            _file(build, name, folder, program=at == 0)
    for place in _scripts(words, folder or "."):
        build.read(place)
    if len(words) > 2 and os.path.basename(words[0]) in _SHELLS:
        for name in re.findall(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)", words[-1]):
            build.variable(name)


def _scripts(words: list[str], folder: str) -> list[str]:
    """List the files of the project's code that a command runs: scripts, modules after ``-m``, and what those import."""
    found: dict[str, None] = {}
    waiting: list[str] = []
    for at, word in enumerate(words):
        if at > 0 and words[at - 1] == "-m":
            inside = os.path.join(folder, word.replace(".", os.sep))
            waiting += [f"{inside}.py", os.path.join(inside, "__init__.py"), os.path.join(inside, "__main__.py")]
        elif word.endswith((".py", ".sh")):
            waiting.append(os.path.join(folder, word))
    while waiting and len(found) < _MOST:
        place = waiting.pop()
        if place in found or not os.path.isfile(place):
            continue
        found[place] = None
        beside = os.path.dirname(place)
        try:
            with _io.open(place, encoding="utf-8", errors="replace") as file:
                text = file.read()
        except OSError:
            continue
        if place.endswith(".py"):
            waiting += _imports(text, beside)
        else:
            told = (name for line in text.splitlines() for name in _names(line, True))
            waiting += [os.path.join(folder, name) for name in told if "/dev/" not in name]
    return list(found)


def _imports(text: str, beside: str) -> list[str]:
    """List where the modules may be that a text imports, beside the script."""
    import ast

    names: set[str] = set()
    try:
        for one in ast.walk(ast.parse(text)):
            if isinstance(one, ast.Import):
                names |= {alias.name for alias in one.names}
            elif isinstance(one, ast.ImportFrom):
                names |= {one.module or "", *(f"{one.module or ''}.{alias.name}".lstrip(".") for alias in one.names)}
    except (SyntaxError, ValueError, SystemError, RecursionError):
        return []
    insides = [os.path.join(beside, name.replace(".", os.sep)) for name in sorted(names) if name]
    return [place for inside in insides for place in (f"{inside}.py", os.path.join(inside, "__init__.py"))]


def _names(word: str, is_line: bool) -> list[str]:
    """List what may be a file in a word: itself, what follows a ``=`` or an ``@``, and the words of a line."""
    if is_line:
        try:
            return [part for piece in shlex.split(word) for part in _names(piece.strip("<>|;&()"), False)]
        except ValueError:
            return word.split()
    names = [word]
    if "=" in word:
        names.append(word.split("=", 1)[1])
    if word[:1] == "@":
        names.append(word[1:])
    return [name for name in names if name and "\0" not in name and not name.startswith("-")]


def _file(build: Building, name: str, folder: str | None, *, program: bool) -> None:
    path = os.path.join(folder, name) if folder else name
    if program and os.sep not in name:
        return
    try:
        exists = os.path.lexists(path)
    except (OSError, ValueError):
        return
    if not exists:
        return
    if program:
        project = build.project
        inside = project is not None and os.path.realpath(path).startswith(os.path.realpath(project) + os.sep)
        if not inside:
            return
    if os.path.isdir(path):
        build.stat(path, "kind")
    else:
        build.read(path)
