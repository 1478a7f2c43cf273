"""Compiled code that a process has loaded from the project: extension modules and libraries count by content.

Promises: 1. a library counts whenever it was loaded, also before the build; 2. one that was replaced on disk after it was
loaded never holds. Refuses: libraries outside of the project; those count by their distribution's version.
"""

from __future__ import annotations

import _io
import os
import sys
from typing import TYPE_CHECKING

from heirloom import _heirloom

if TYPE_CHECKING:
    from heirloom._heirloom import Building

_OWN = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_NOT_THE_PROJECT = tuple(os.path.realpath(folder) + os.sep for folder in (sys.prefix, sys.base_prefix, _OWN))
_known: dict[str, tuple[tuple[int, int], dict[str, int]]] = {}


def record(building: Building) -> None:
    """Record every compiled file of the project that is mapped into this process to be run."""
    project = building.project
    if project is None:
        return
    root = os.path.realpath(project) + os.sep
    store = building.store
    for path, inode in _mapped(root).items():
        installed = f"{os.sep}site-packages{os.sep}" in path or f"{os.sep}dist-packages{os.sep}" in path
        if installed or (store is not None and path.startswith(os.path.realpath(store) + os.sep)):
            continue
        place = os.path.join(project, path[len(root) :])
        if _is(path, inode):
            building.read(place)
        else:
            building.unknown(place)


def _is(path: str, inode: int) -> bool:
    try:
        return inode in (0, os.stat(path).st_ino)
    except OSError:
        return False


def _mapped(root: str) -> dict[str, int]:
    """List what is mapped to be run, with its inode; looked at anew when a module or a library has been loaded since."""
    loaded = len(sys.modules), _heirloom.loads()
    known = _known.get(root)
    if known is None or known[0] != loaded:
        known = _known[root] = loaded, _look(root)
    return known[1]


def _look(root: str) -> dict[str, int]:
    try:
        with _io.open("/proc/self/maps", encoding="utf-8", errors="surrogateescape") as maps:
            lines = [line for line in maps if root in line]
    except OSError:
        files = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
        return {file: 0 for file in files if isinstance(file, str) and file.startswith(root) and file.endswith(".so")}
    found = {}
    for line in lines:
        head, slash, rest = line.partition(os.sep)
        if "x" in head.split()[1]:
            found[(slash + rest).rstrip("\n").removesuffix(" (deleted)")] = int(head.split()[4])
    return {path: at for path, at in found.items() if path.startswith(root) and not path.startswith(_NOT_THE_PROJECT)}


def record_missing(building: Building, names: list[str]) -> None:
    """Record where the project has no module that a builder tried to import: if one appears, it counts."""
    project = building.project
    if project is None:
        return
    for name in names:
        inside = name.replace(".", os.sep)
        for folder in dict.fromkeys(sys.path):
            place = os.path.abspath(folder or ".")
            if place == project or place.startswith(project + os.sep):
                for ending in (".py", os.path.join("", "__init__.py")):
                    path = os.path.join(place, inside + ending)
                    if not os.path.exists(path):
                        building.read(path)
