"""Who asked: the frames between an event and the builder.

Promises: 1. the import system, tracebacks and Heirloom itself are told apart from the builder and what it calls; 2. of a
standard function on top of another (``Path.exists`` on ``os.stat``) the upper one is known, because it says what was
wanted. Refuses: remembering frames.
"""

from __future__ import annotations

import os
import sysconfig
from types import CodeType
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from types import FrameType

_PATHS = sysconfig.get_paths()
_STDLIB = tuple({_PATHS["stdlib"] + os.sep, _PATHS["platstdlib"] + os.sep, os.path.dirname(os.__file__) + os.sep})
_SITE = tuple({_PATHS["purelib"] + os.sep, _PATHS["platlib"] + os.sep})
_OWN = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_HERE = os.path.dirname(os.path.abspath(__file__)) + os.sep

_FOR_PEOPLE = frozenset({"traceback", "inspect", "warnings", "pydoc", "tracemalloc", "pdb", "faulthandler"})
_DATA = frozenset({"get_data", "_get_data"})
_SILENT = frozenset({"sysconfig", "_sysconfigdata", "site"})

_homes: dict[CodeType, tuple[str, str]] = {}


class Asked(NamedTuple):
    """Who asked for something: the standard functions on top, and the first other frame below them."""

    near: list[tuple[str, str]]
    """Module and function, the nearest first."""
    top: FrameType
    """The frame in which it happened."""
    below: FrameType | None
    """The first frame that is not of the standard library."""

    def by(self, module: str, *functions: str) -> bool:
        """Whether a standard module is among those that asked (by one of these functions)."""
        return any(
            (home == module or home.startswith(module + ".")) and (not functions or name in functions)
            for home, name in self.near
        )


def asked(frame: FrameType, builders: list[CodeType]) -> Asked | None:
    """Tell who asked; ``None`` when it is none of the builder's doing."""
    top, near, below = frame, [], None
    importing = False
    at: FrameType | None = frame
    while at is not None:
        code = at.f_code
        kind, name = home(code)
        if kind == "import":
            if below is None and code.co_name not in _DATA:
                importing = True
        elif importing:
            return None
        elif kind == "own":
            return Asked(near, top, below) if below is not None else None
        elif kind == "standard":
            if name in _SILENT or (below is None and name in _FOR_PEOPLE):
                return None
            if code.co_name == "<module>":
                return None
            if below is None:
                near.append((name, code.co_name))
        elif kind != "recording":
            if kind == "site" and code.co_name == "<module>":
                return None
            if below is None:
                below = at
            if kind == "project" or code in builders:
                break
        at = at.f_back
    return None if importing else Asked(near, top, below)


def home(code: CodeType) -> tuple[str, str]:
    """Tell where code lives: its kind, and the module where it is a standard one."""
    found = _homes.get(code)
    if found is None:
        found = _homes[code] = _home(code.co_filename)
    return found


def _home(file: str) -> tuple[str, str]:
    if file.startswith("<frozen "):
        name = file[len("<frozen ") : -1]
        if name in ("importlib._bootstrap", "importlib._bootstrap_external", "zipimport"):
            return "import", name
        return "standard", name
    if file.startswith(_OWN):
        return ("recording" if file.startswith(_HERE) else "own"), ""
    if file.startswith(_SITE) or f"{os.sep}site-packages{os.sep}" in file or f"{os.sep}dist-packages{os.sep}" in file:
        return "site", ""
    for folder in _STDLIB:
        if file.startswith(folder):
            inside = file[len(folder) :].removesuffix(".py").removesuffix(f"{os.sep}__init__")
            return "standard", inside.replace(os.sep, ".")
    return "project", ""


def is_project(module: Any) -> bool:
    """Whether a module belongs to a project: neither standard nor installed nor ours."""
    file = getattr(module, "__file__", None)
    return isinstance(file, str) and _home(file)[0] == "project"


_TELLS = {
    "size": frozenset({"st_size", "ST_SIZE", "st_blocks"}),
    "modified": frozenset(
        {"st_mtime", "st_mtime_ns", "st_ctime", "st_ctime_ns", "st_atime", "st_atime_ns", "ST_MTIME", "ST_CTIME"}
    ),
    "mode": frozenset({"st_mode", "ST_MODE", "st_uid", "st_gid"}),
}


_told: dict[CodeType, frozenset[str]] = {}


def wanted(frame: FrameType | None) -> frozenset[str]:
    """Tell which properties of a ``stat`` result code uses, by the names in it: that frame's, else those of its callers."""
    while frame is not None and home(frame.f_code)[0] != "own":
        told = _told.get(frame.f_code)
        if told is None:
            names = names_in(frame.f_code)
            told = _told[frame.f_code] = frozenset(what for what, tell in _TELLS.items() if names & tell)
        if told:
            return told
        frame = frame.f_back
    return frozenset()


def names_in(code: CodeType) -> set[str]:
    """List the names and short texts in code, and in the functions and comprehensions inside it."""
    names = set(code.co_names)
    for const in code.co_consts:
        if isinstance(const, str):
            names.add(const)
        elif isinstance(const, CodeType):
            names |= names_in(const)
    return names
