"""What files of code say, read without importing them.

Promises: 1. comments, docstrings and layout of a file do not count; 2. what a module does when it is imported, beyond
giving names to things, is told apart. Refuses: to be imported before it is needed: the first hit of a process is not.
"""

from __future__ import annotations

import _io
import ast
import os

from heirloom._heirloom import digest, read_code

_QUIET = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Import, ast.ImportFrom, ast.Pass, ast.Global)
_texts: dict[str, tuple[tuple[int, int, int], str, str, tuple[str, ...]]] = {}


def text_of(path: str) -> tuple[tuple[int, int, int], str, str, tuple[str, ...]]:
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
    # Absolute, because `runpy` gives relative ones, and above the last name of those there is nothing.
    folder = os.path.dirname(os.path.abspath(path))
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
