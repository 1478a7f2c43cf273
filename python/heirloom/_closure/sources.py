"""What the pieces read like, so that an explanation can show the line that changed.

Promises: 1. comments and docstrings are left out, so that one changed line stays one; 2. a value whose name sounds like a
secret is never told, nor a long one. Refuses: to decide anything; what cannot be found is not told.
"""

from __future__ import annotations

import ast
from types import FunctionType
from typing import TYPE_CHECKING, Any

from heirloom._closure.texts import parse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from heirloom._closure.node import Node

_LONG = 200
_SECRETS = ("key", "token", "secret", "password", "passwd", "credential", "auth")


def texts(nodes: Iterable[Node]) -> dict[str, str]:
    """Tell what each piece reads like, as far as that is known."""
    files: dict[str, dict[int, ast.AST]] = {}
    found = {}
    for node in nodes:
        if node.kind == "function" and isinstance(node.subject, FunctionType):
            text = _function(node.subject, files)
        elif node.kind in ("value", "version", "surroundings"):
            text = _value(node)
        elif node.kind == "import":
            text = node.subject
        else:
            text = None
        if text is not None:
            found[node.name] = text
    return found


def _function(function: FunctionType, files: dict[str, dict[int, ast.AST]]) -> str | None:
    code = function.__code__
    if code.co_filename not in files:
        files[code.co_filename] = _definitions(code.co_filename)
    definition = files[code.co_filename].get(code.co_firstlineno)
    return None if definition is None else ast.unparse(definition)


def _definitions(path: str) -> dict[int, ast.AST]:
    """Find the functions of a file by the line on which they begin."""
    import linecache

    try:
        tree = parse("".join(linecache.getlines(path)))
    except (SyntaxError, ValueError, SystemError):
        return {}
    found: dict[int, ast.AST] = {}
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Module)):
            _drop_docstring(node)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            found[min([node.lineno, *(one.lineno for one in node.decorator_list)])] = node
        elif isinstance(node, ast.Lambda):
            found.setdefault(node.lineno, node)
    return found


def _drop_docstring(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Module) -> None:
    first = node.body[0] if node.body else None
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        node.body[:1] = [] if len(node.body) > 1 else [ast.Pass()]


def _value(node: Node) -> str | None:
    short = node.name.rpartition(".")[2]
    if any(word in short.lower() for word in _SECRETS):
        return None
    value: Any = node.what if node.subject is None else node.subject
    if not isinstance(value, (bool, int, float, complex, str, bytes, tuple, list, dict, set, frozenset, type(None))):
        return None
    text = repr(value)
    return f"{short} = {text}" if len(text) <= _LONG else None
