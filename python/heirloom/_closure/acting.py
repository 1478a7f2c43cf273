"""Statements at the top of a module that do something to others: which they are, and on whom they act.

Where it stands: beneath ``importing.py``, which loads it when some text has such a statement. Promises: what stands in a
branch counts, too. Refuses: how loggers are set up, warnings, and what else tells people and decides no result.
"""

from __future__ import annotations

import ast
import sys
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

from heirloom._closure import origin
from heirloom._closure.node import Node
from heirloom._closure.reading import read
from heirloom._closure.texts import parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from heirloom._closure.walker import Walker

_QUIET = frozenset({
    "logging", "warnings", "atexit", "signal", "threading", "faulthandler", "gc", "typing", "typing_extensions", "__future__",
    "heirloom", "unittest", "pytest", "doctest", "argparse", "print", "site", "readline", "traceback",
})  # fmt: skip
_TELLS = frozenset({"addLevelName"})
"""What counts of a quiet library all the same."""
EVERYWHERE = frozenset({"builtins", "sys", "numpy", "_ctypes", "codecs", "copyreg"})
"""What code uses without naming it: a numpy array divides by itself."""
_RECORDED = frozenset({"sys.path", "os.environ", "sys.argv", "sys.stdout", "sys.stderr", "sys.dont_write_bytecode"})
"""What is recorded when it is read."""


def acting(text: bytes) -> tuple[ast.stmt, ...]:
    """List the statements of a text that may act on others."""
    try:
        return tuple(_acting(parse(text).body))
    except (SyntaxError, ValueError, SystemError):
        return ()


def take(walker: Walker, module: ModuleType, statement: ast.stmt, at: int) -> None:
    """Take in one statement like code of the builder."""
    from heirloom._closure.walker import module_name

    code = compile(ast.Module([statement], []), origin.file_of(module) or "?", "exec", dont_inherit=True)
    facts = read(code)
    name = f"{module_name(module.__name__)} (when imported, {at + 1})"
    what: dict[str, Any] = {"code": facts.digest}
    walker.take_code(code)
    text = ast.unparse(statement)
    walker.add(Node(name, "import", what, f"{origin.file_of(module)}:{statement.lineno}", "", text))
    what["reaches"] = walker.reach(facts, vars(module), name)


def _acting(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """List the statements of a module's top that may act on others."""
    for one in body:
        if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom, ast.Pass)):
            continue
        if isinstance(one, ast.If) and "__name__" in ast.unparse(one.test):
            continue
        if any(True for _ in _acts(one)):
            yield one


def _acts(statement: ast.stmt) -> Iterator[ast.expr]:
    """List what a statement calls for its effect, and whose attributes and items it sets or takes away."""
    for one in _walked(statement):
        if isinstance(one, ast.Expr) and isinstance(one.value, ast.Call):
            yield one.value.func
        targets = one.targets if isinstance(one, (ast.Assign, ast.Delete)) else [getattr(one, "target", None)]
        for target in targets:
            if isinstance(target, (ast.Attribute, ast.Subscript)):
                yield target


def _walked(statement: ast.stmt) -> Iterator[ast.AST]:
    """Walk a statement, and what stands in its branches, but no function or class that is only defined there."""
    waiting: list[ast.AST] = [statement]
    while waiting:
        one = waiting.pop()
        yield one
        if not isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            waiting.extend(ast.iter_child_nodes(one))


def acted_on(statement: ast.stmt, module: ModuleType) -> Iterator[str]:
    """Name the top modules from outside that a statement acts on."""
    for one in _acts(statement):
        root, path = _root(one)
        if root is None or f"{root}.{path[0] if path else ''}" in _RECORDED:
            continue
        value = vars(module).get(root, vars(sys.modules["builtins"]).get(root))
        top = root if root not in vars(module) else _top(value)
        if isinstance(one, ast.Name) and isinstance(value, FunctionType) and _top(value) is None:
            # A function of the project, called for what it does.
            yield from _tops_of(value, set())
        elif top in _QUIET and path and path[-1] in _TELLS:
            yield str(top)
        elif top is not None and top not in _QUIET:
            yield from _all(top, value)


def _all(top: str, value: Any) -> Iterator[str]:
    yield top
    if top.startswith("_"):
        yield top.lstrip("_")
    if isinstance(value, ModuleType):
        yield value.__name__.partition(".")[0]


def _root(found: ast.expr) -> tuple[str | None, list[str]]:
    """Find the name that an expression begins with, and the attributes that lead on from it."""
    path: list[str] = []
    while True:
        if isinstance(found, ast.Attribute):
            path.insert(0, found.attr)
            found = found.value
        elif isinstance(found, ast.Subscript):
            found = found.value
        elif isinstance(found, ast.Call):
            if isinstance(found.func, ast.Name) and found.func.id == "__import__" and found.args:
                named = found.args[0]
                return (str(named.value).partition(".")[0], path) if isinstance(named, ast.Constant) else (None, path)
            found = found.func
        elif isinstance(found, ast.Name):
            return found.id, path
        else:
            return None, path


def _top(value: Any) -> str | None:
    """Name the top module from outside that a value belongs to; ``None`` for what is the project's own."""
    name: Any
    if isinstance(value, ModuleType):
        name = value.__name__
    else:
        own = value if isinstance(value, (type, FunctionType)) or callable(value) else type(value)
        name = getattr(own, "__module__", None) or getattr(type(value), "__module__", "")
        if name == "builtins" and not callable(value):
            # A plain container of the project's own.
            return None
    if not isinstance(name, str) or origin.of_module(name) not in (origin.PYTHON, origin.INSTALLED):
        return None
    return name.partition(".")[0]


def _tops_of(function: FunctionType, seen: set[int]) -> Iterator[str]:
    """Name what the code of a project's function acts on: what it names from outside."""
    if id(function) in seen or len(seen) > 50:
        return
    seen.add(id(function))
    for chain in read(function.__code__).chains:
        value = function.__globals__.get(chain[0])
        if isinstance(value, FunctionType) and origin.of_module(value.__module__) == origin.PROJECT:
            yield from _tops_of(value, seen)
        elif value is not None and (top := _top(value)) is not None and top not in _QUIET:
            yield from _all(top, value)
    for name, _, _ in read(function.__code__).imports:
        if (top := name.partition(".")[0]) not in _QUIET and origin.of_module(top) != origin.PROJECT:
            yield top
