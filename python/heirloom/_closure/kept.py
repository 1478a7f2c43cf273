"""What builders change in modules while they run: counters, memos, values that are made when they are first asked for.

Such a global counts as it was before, so that the process that built and the one that did not agree. Promises: 1. a global
that somebody else changes afterwards counts as it is then; 2. one of a module that a build itself imported counts as its
text says. Refuses: to look deeper than one container.
"""

from __future__ import annotations

import _io
import sys
from typing import TYPE_CHECKING, Any

from heirloom._closure import modules, origin

if TYPE_CHECKING:
    from collections.abc import Iterable

_CONTAINERS = (dict, list, set, bytearray)
_LARGEST = 10_000

Snapshot = dict[str, dict[str, tuple[Any, Any]]]
"""By module and name: the value, and a copy of it where it can change in place."""


class Kept:
    """A global that a build has changed."""

    __slots__ = ("after", "before", "copy")

    def __init__(self, before: Any, after: Any, copy: Any) -> None:
        self.before, self.after, self.copy = before, after, copy


_kept: dict[tuple[int, str], Kept] = {}
_spaces: list[dict[str, Any]] = []


def snapshot(names: Iterable[str]) -> Snapshot:
    """Remember the globals of modules before a build."""
    found: Snapshot = {}
    for name in names:
        module = sys.modules.get(name)
        if module is not None and origin.of_module(name) == origin.PROJECT:
            found[name] = {key: (value, _copy(value)) for key, value in tuple(vars(module).items()) if key[:2] != "__"}
    return found


def compare(before: Snapshot, names: Iterable[str]) -> None:
    """Note what a build has changed in modules."""
    for name in {*before, *names}:
        module = sys.modules.get(name)
        if module is None or origin.of_module(name) != origin.PROJECT:
            continue
        space = vars(module)
        was = before.get(name)
        former = _literals(name) if was is None else {key: value for key, (_, value) in was.items()}
        for key, old in former.items():
            now = space.get(key, old)
            by_text = was is None and type(now) is type(old) and now != old
            if by_text or (was is not None and (now is not was[key][0] or not _same(old, now))):
                _note(space, key, old, now)


def original(space: dict[str, Any], key: str, value: Any) -> Any:
    """Find what a global was before builds changed it; the value itself, unless that is all that happened to it."""
    kept = _kept.get((id(space), key))
    if kept is None or kept.after is not value or not _same(kept.copy, value):
        return value
    return kept.before


def _note(space: dict[str, Any], key: str, old: Any, now: Any) -> None:
    known = _kept.get((id(space), key))
    if known is not None and (known.after is old or (type(old) is type(known.copy) and _same(known.copy, old))):
        old = known.before
    if known is None:
        # Its address must not become another's.
        _spaces.append(space)
    _kept[id(space), key] = Kept(old, now, _copy(now))


def _same(copy: Any, value: Any) -> bool:
    """Whether a container still holds the very elements of its copy; what is no container cannot change in place."""
    if type(value) not in _CONTAINERS or copy is value:
        return True
    # Another thread may change it meanwhile; nothing comes between while Python copies.
    value = value.copy()
    if len(copy) != len(value):
        return False
    if type(value) is dict:
        return all(one is other and copy[one] is value[other] for one, other in zip(copy, value, strict=True))
    if type(value) is bytearray:
        return bool(copy == value)
    return all(one is other for one, other in zip(copy, value, strict=True))


def _copy(value: Any) -> Any:
    return value.copy() if type(value) in _CONTAINERS and len(value) <= _LARGEST else value


def _literals(name: str) -> dict[str, Any]:
    """Read the plain values that a module's text gives to its globals."""
    path = modules.path_of(name)
    if path is None or not path.endswith(".py"):
        return {}
    import ast

    from heirloom._closure.texts import parse

    try:
        with _io.open(path, "rb") as file:
            tree = parse(file.read())
    except (OSError, SyntaxError, ValueError, SystemError):
        return {}
    found: dict[str, Any] = {}
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1 and isinstance(statement.targets[0], ast.Name):
            try:
                found[statement.targets[0].id] = ast.literal_eval(statement.value)
            except (ValueError, TypeError, SyntaxError):
                found.pop(statement.targets[0].id, None)
    return found
