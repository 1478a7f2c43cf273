"""Compiled code that a process has loaded from the project: extension modules and libraries count by content.

Promises: 1. a library counts whenever it was loaded, also before the build; 2. one that was replaced on disk after it was
loaded never holds. Refuses: libraries outside of the project; those count by their distribution's version.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from heirloom._heirloom import Building


def record(building: Building) -> None:
    """Record every compiled file of the project that is mapped into this process to be run."""
    project = building.project
    if project is None:
        return
    root = os.path.realpath(project) + os.sep
    store = building.store
    for path in _mapped(root):
        installed = f"{os.sep}site-packages{os.sep}" in path or f"{os.sep}dist-packages{os.sep}" in path
        if installed or (store is not None and path.startswith(os.path.realpath(store) + os.sep)):
            continue
        building.read(os.path.join(project, path[len(root) :]))


def _mapped(root: str) -> set[str]:
    try:
        with open("/proc/self/maps", encoding="utf-8", errors="surrogateescape") as maps:
            lines = [line for line in maps if root in line]
    except OSError:
        files = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
        return {file for file in files if isinstance(file, str) and file.startswith(root) and file.endswith(".so")}
    found = set()
    for line in lines:
        head, slash, rest = line.partition(os.sep)
        if "x" in head.split()[1]:
            found.add((slash + rest).rstrip("\n").removesuffix(" (deleted)"))
    return {path for path in found if path.startswith(root)}


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
