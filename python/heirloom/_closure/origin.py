"""Whose code it is: the project's, an installed distribution's, Python's own, or ours.

Promises: 1. only what lies in a ``site-packages`` folder is installed; an editable install is the project's code; 2. a
distribution's version is read from the name of its folder, without opening it. Refuses: importing anything.
"""

from __future__ import annotations

import _io
import os
import sys
from functools import cache, lru_cache
from typing import Any

PROJECT, INSTALLED, PYTHON, OURS = "project", "installed", "python", "ours"

_SITES = ("site-packages", "dist-packages")
_PYTHON = os.path.dirname(os.path.realpath(os.__file__)) + os.sep
_OURS = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


@cache
def of_file(path: str) -> str:
    """Say whose file it is, by its path."""
    if path.startswith("<"):
        return PYTHON if path.startswith(("<frozen", "<__array_function__")) else PROJECT
    if path.startswith(_OURS):
        return OURS
    if site(path) is not None:
        return INSTALLED
    return PYTHON if path.startswith(_PYTHON) or os.path.realpath(path).startswith(_PYTHON) else PROJECT


def of_module(name: str) -> str:
    """Say whose module it is, by its name."""
    module = sys.modules.get(name)
    path = file_of(module) if module is not None else None
    if path is not None:
        return of_file(path)
    top = name.partition(".")[0]
    return PYTHON if top in sys.stdlib_module_names or top in sys.builtin_module_names else PROJECT


def file_of(module: Any) -> str | None:
    """Find a module's file, where it has one."""
    path = getattr(module, "__file__", None)
    return path if isinstance(path, str) else None


def of_code(code: Any, module: str | None) -> str:
    """Say whose code it is: that of its file, or, when the file is not told, that of its module."""
    path = code.co_filename
    if os.path.isabs(path) or path.startswith("<frozen"):
        return of_file(path)
    return of_module(module) if module else PROJECT


def distribution(path: str) -> tuple[str, str]:
    """Name the distribution that an installed file belongs to, and its version."""
    folder = site(path)
    if folder is None:
        return os.path.basename(path), "unknown"
    top = os.path.relpath(path, folder).split(os.sep)[0]
    top = top.partition(".")[0] if not os.path.isdir(os.path.join(folder, top)) else top
    stamp = _stamp(folder)
    return _distributions(folder, stamp).get(_plain(top)) or _by_content(folder, stamp).get(top, (top, "unknown"))


def home(relative: str) -> str | None:
    """Find the folder of packages that holds an installed file, by the file's path within it."""
    for folder in sys.path:
        if folder.rstrip(os.sep).endswith(_SITES) and os.path.exists(os.path.join(folder, relative)):
            return folder
    return None


def site(path: str) -> str | None:
    """Find the folder of packages that a file lies in."""
    for name in _SITES:
        at = path.find(os.sep + name + os.sep)
        if at >= 0:
            return path[: at + len(name) + 1]
    return None


def _stamp(site: str) -> int:
    try:
        return os.stat(site).st_mtime_ns
    except OSError:
        return 0


def _plain(name: str) -> str:
    return name.lower().replace("-", "_").replace(".", "_")


@lru_cache(maxsize=64)
def _distributions(site: str, _stamp: int) -> dict[str, tuple[str, str]]:
    """Read names and versions off the folders that stand beside the packages."""
    found = {}
    for folder in sorted(_listed(site)):
        stem, ending = os.path.splitext(folder)
        if ending in (".dist-info", ".egg-info"):
            name, _, version = stem.partition("-")
            found[_plain(name)] = (name, version.partition("-")[0] or "unknown")
    return found


@lru_cache(maxsize=64)
def _by_content(site: str, _stamp: int) -> dict[str, tuple[str, str]]:
    """Read from every distribution's list of files which top-level names are its own."""
    found: dict[str, tuple[str, str]] = {}
    for folder in sorted(_listed(site)):
        if not folder.endswith(".dist-info"):
            continue
        name, _, version = folder.removesuffix(".dist-info").partition("-")
        try:
            with _io.open(os.path.join(site, folder, "RECORD"), encoding="utf-8") as record:
                tops = {line.split(",")[0].split("/")[0] for line in record}
        except OSError:
            continue
        for top in tops:
            found.setdefault(top.partition(".")[0], (name, version))
    return found


def _listed(site: str) -> list[str]:
    try:
        return os.listdir(site)
    except OSError:
        return []
