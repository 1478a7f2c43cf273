"""Modules of the project by name: where they are, what their text says, without importing them.

Promises: 1. comments, docstrings and layout of a file do not count; 2. what a module does when it is imported, beyond
giving names to things, counts. Refuses: finders other than the one for ``sys.path``.
"""

from __future__ import annotations

import operator
import os
import sys
from _frozen_importlib_external import PathFinder
from types import CodeType, FunctionType, ModuleType
from typing import Any

from heirloom._closure import origin

_last: tuple[list[str], list[ModuleType], dict[str, str]] = ([], [], {})


def by_file() -> dict[str, str]:
    """Find the module of each file of code; looked up anew when modules were loaded or exchanged."""
    global _last
    names, loaded, found = _last
    now, values = list(sys.modules), list(sys.modules.values())
    if now == names and len(values) == len(loaded) and all(map(operator.is_, values, loaded)):
        return found
    _last = (now, values, _by_file())
    return _last[2]


def _by_file() -> dict[str, str]:
    found: dict[str, str] = {}
    for name, module in tuple(sys.modules.items()):
        path = origin.file_of(module)
        if path is not None and (name != "__main__" or path not in found):
            found[path] = name
    main = origin.file_of(sys.modules.get("__main__"))
    if main is not None:
        found.setdefault(os.path.abspath(main), "__main__")
    return found


def absolute(name: str, level: int, package: str | None) -> str:
    """Name a module that an import statement means."""
    if level == 0:
        return name
    above = (package or "").split(".")
    base = ".".join(above[: len(above) - level + 1])
    return f"{base}.{name}" if name else base


def line(name: str) -> list[str]:
    """List a module's packages from the top, and the module."""
    parts = name.split(".")
    return [".".join(parts[: at + 1]) for at in range(len(parts))]


def owners(module: ModuleType) -> dict[int, str]:
    """Find, for each piece of code of a module, the function or method that it stands in, by the code's address."""
    found: dict[int, str] = {}
    path = origin.file_of(module)

    def take(name: str, value: Any) -> None:
        value = getattr(value, "__func__", value)
        parts = (value.fget, value.fset, value.fdel) if isinstance(value, property) else (value,)
        for part in parts:
            while part is not None:
                code = getattr(part, "__code__", None)
                if isinstance(code, CodeType) and code.co_filename == path:
                    _nested(code, name, found)
                part = getattr(part, "func", None) or getattr(part, "__dict__", {}).get("__wrapped__")

    for key, value in tuple(vars(module).items()):
        if isinstance(value, type) and value.__module__ == module.__name__:
            for member, one in tuple(vars(value).items()):
                take(f"{key}.{member}", one)
        elif isinstance(value, FunctionType) or callable(value):
            take(key, value)
    return found


def _nested(code: CodeType, name: str, found: dict[int, str]) -> None:
    found.setdefault(id(code), name)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            _nested(constant, name, found)


def find(name: str, folders: tuple[str, ...] = ()) -> str | None:
    """Find the file of a module that is not loaded; an empty text for one without a file.

    ``folders`` are looked through where ``sys.path`` does not lead to it.
    """
    path: Any = None
    for part in line(name):
        if part in sys.builtin_module_names:
            return ""
        try:
            spec = PathFinder.find_spec(part, path)
            if spec is None and path is None and folders:
                spec = PathFinder.find_spec(part, folders)
        except (ImportError, ValueError, AttributeError):
            return None
        if spec is None:
            return None
        path = spec.submodule_search_locations
        if part == name:
            return spec.origin or ""
        if path is None:
            return None
    return None


def folder_of(name: str) -> str | None:
    """Find the folder that a loaded module's top package, or the module itself, lies in."""
    top = sys.modules.get(name.partition(".")[0])
    path = origin.file_of(top)
    if path is None:
        return None
    folder = os.path.dirname(os.path.abspath(path))
    return os.path.dirname(folder) if os.path.basename(path).startswith("__init__.") else folder


def files(name: str, folders: tuple[str, ...] = ()) -> dict[str, str]:
    """Digest the text of a module and of all modules of the project that it imports, and they import."""
    from heirloom._closure.texts import text_of

    found: dict[str, str] = {}
    waiting = [name]
    while waiting:
        module = waiting.pop()
        if module in found:
            continue
        path = path_of(module, folders)
        if path is None or not path or origin.of_file(path) != origin.PROJECT:
            continue
        _, found[module], _, imports = text_of(path)
        waiting.extend(one for found_name in imports for one in line(_within(found_name, module, path)))
    return found


def effects(name: str) -> str:
    """Digest what a module does when it is imported, beyond giving names to things."""
    from heirloom._closure.texts import text_of

    path = path_of(name)
    return text_of(path)[2] if path and origin.of_file(path) == origin.PROJECT else ""


def path_of(module: str, folders: tuple[str, ...] = ()) -> str | None:
    """Find the file of a module, loaded or not."""
    loaded = sys.modules.get(module)
    return find(module, folders) if loaded is None else origin.file_of(loaded)


def _within(found: str, module: str, path: str) -> str:
    level = len(found) - len(found.lstrip("."))
    package = module if os.path.basename(path).startswith("__init__.") else module.rpartition(".")[0]
    return absolute(found.lstrip("."), level, package)
