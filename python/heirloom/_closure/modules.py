"""Modules of the project by name: where they are, what their text says, without importing them.

Promises: 1. comments, docstrings and layout of a file do not count; 2. what a module does when it is imported, beyond
giving names to things, counts. Refuses: finders other than the one for ``sys.path``.
"""

from __future__ import annotations

import _io
import ast
import os
import sys
from importlib.machinery import PathFinder
from types import CodeType, FunctionType, ModuleType
from typing import Any

from heirloom._closure import origin
from heirloom._heirloom import digest, read_code

_QUIET = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Import, ast.ImportFrom, ast.Pass, ast.Global)
_texts: dict[str, tuple[tuple[int, int, int], str, str, tuple[str, ...]]] = {}


def by_file() -> dict[str, str]:
    """Find the module of each file of code."""
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


def find(name: str) -> str | None:
    """Find the file of a module that is not loaded; an empty text for one without a file."""
    path: Any = None
    for part in line(name):
        if part in sys.builtin_module_names:
            return ""
        try:
            spec = PathFinder.find_spec(part, path)
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


def files(name: str) -> dict[str, str]:
    """Digest the text of a module and of all modules of the project that it imports, and they import."""
    found: dict[str, str] = {}
    waiting = [name]
    while waiting:
        module = waiting.pop()
        if module in found:
            continue
        path = path_of(module)
        if path is None or not path or origin.of_file(path) != origin.PROJECT:
            continue
        _, found[module], _, imports = _text(path)
        waiting.extend(one for found_name in imports for one in line(_within(found_name, module, path)))
    return found


def effects(name: str) -> str:
    """Digest what a module does when it is imported, beyond giving names to things."""
    path = path_of(name)
    return _text(path)[2] if path and origin.of_file(path) == origin.PROJECT else ""


def path_of(module: str) -> str | None:
    """Find the file of a module, loaded or not."""
    loaded = sys.modules.get(module)
    return find(module) if loaded is None else origin.file_of(loaded)


def _within(found: str, module: str, path: str) -> str:
    level = len(found) - len(found.lstrip("."))
    package = module if os.path.basename(path).startswith("__init__.") else module.rpartition(".")[0]
    return absolute(found.lstrip("."), level, package)


def _text(path: str) -> tuple[tuple[int, int, int], str, str, tuple[str, ...]]:
    """Read a file of code: its stat, the digest of its code, that of its effects, what it imports."""
    try:
        archive = _archive(path)
        stat = os.stat(archive or path)
        stamp = (stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)
        known = _texts.get(path)
        if known is None or known[0] != stamp:
            known = _texts[path] = (stamp, *_judge(_read(path, archive), path))
        return known
    except (OSError, KeyError, ValueError):
        return ((0, 0, 0), "unreadable", "unreadable", ())


def _archive(path: str) -> str | None:
    """Find the zip archive that a module was imported from, if it was."""
    folder = os.path.dirname(path)
    while not os.path.isdir(folder):
        if os.path.isfile(folder):
            return folder
        folder = os.path.dirname(folder)
    return None


def _read(path: str, archive: str | None) -> bytes:
    if archive is None:
        with _io.open(path, "rb") as file:
            return file.read()
    from zipimport import zipimporter

    # Its table of contents is kept by Python for the whole process, and may be of a former archive.
    importer = zipimporter(archive)
    importer.invalidate_caches()
    return importer.get_data(path)


def parse(text: str | bytes) -> ast.Module:
    """Parse a text of Python; CPython 3.11 can fail at it by chance while other threads do the same."""
    for _ in range(4):
        try:
            return ast.parse(text)
        except SystemError:
            continue
    return ast.parse(text)


def _judge(text: bytes, path: str) -> tuple[str, str, tuple[str, ...]]:
    try:
        tree = parse(text)
    except (SyntaxError, ValueError, SystemError):
        plain = digest("text", text).hex()
        return plain, plain, ()
    imports: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imports.extend(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            imports.append(base)
            joint = "" if base.endswith(".") else "."
            imports.extend(f"{base}{joint}{alias.name}" for alias in node.names)
    effective = [statement for statement in tree.body if not _is_quiet(statement)]
    code = read_code(compile(tree, path, "exec", dont_inherit=True))[0].hex()
    effect = read_code(compile(ast.Module(effective, []), path, "exec", dont_inherit=True))[0].hex()
    return code, effect, tuple(imports)


def _is_quiet(statement: ast.stmt) -> bool:
    """Whether a statement only gives a name to something, which counts where the name is used."""
    if isinstance(statement, _QUIET):
        return not getattr(statement, "decorator_list", None)
    if isinstance(statement, ast.ClassDef):
        return not (statement.decorator_list or statement.keywords or statement.bases)
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Constant)
    if isinstance(statement, (ast.Assign, ast.AnnAssign)):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        return all(isinstance(target, ast.Name) for target in targets)
    if isinstance(statement, ast.If):
        return ast.unparse(statement.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")
    return False
