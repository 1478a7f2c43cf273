"""What importing the project's modules does to others: a seed, a registered dialect, a patched library.

Such a statement counts like code of the builder, where the library that it acts on is reached. Promises: 1. it is read off
the text, so it counts whatever else was imported in this process; 2. modules that are imported at the top, and those that they
import, count alike. Refuses: how loggers are set up, warnings, and what else tells people and decides no result.
"""

from __future__ import annotations

import _io
import ast
import os
import re
import sys
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

from heirloom._closure import modules, origin
from heirloom._closure.node import Node
from heirloom._closure.reading import read

if TYPE_CHECKING:
    from collections.abc import Iterator

    from heirloom._closure.walker import Walker

_IMPORT = re.compile(rb"^(?:from[ \t]+([.\w]+)[ \t]+import[ \t]+(\([^)]*\)|[^\n#;]*)|import[ \t]+([^\n#;]+))", re.MULTILINE)
_INDENTED = re.compile(
    rb"^(?:try|if(?![ \t]+__name__)|with|for|while|else|elif|except|finally)\b[^\n]*:[ \t]*(?:#[^\n]*)?\n"
    rb"((?:[ \t]+[^\n]*\n|\s*\n)+)",
    re.MULTILINE,
)
_ACTS = re.compile(
    rb"^(?:[A-Za-z_][\w.]*[ \t]*[(\[]|__import__|del\b"
    rb"|[A-Za-z_]\w*(?:\.\w+)+[ \t]*(?:[-+*/|&^%@]|//|\*\*|<<|>>)?=[^=])",
    re.MULTILINE,
)
"""How a line at the top may begin that does something to others; without one, the text is not parsed."""
_QUIET = frozenset({
    "logging", "warnings", "atexit", "signal", "threading", "faulthandler", "gc", "typing", "typing_extensions", "__future__",
    "heirloom", "unittest", "pytest", "doctest", "argparse", "print", "site", "readline", "traceback",
})  # fmt: skip
_TELLS = frozenset({"addLevelName"})
"""What counts of a quiet library all the same."""
_EVERYWHERE = frozenset({"builtins", "sys", "numpy", "_ctypes", "codecs", "copyreg"})
"""What code uses without naming it: a numpy array divides by itself."""
_RECORDED = frozenset({"sys.path", "os.environ", "sys.argv", "sys.stdout", "sys.stderr", "sys.dont_write_bytecode"})
"""What is recorded when it is read."""


class Text(NamedTuple):
    """What counts of a module's text here."""

    imports: tuple[tuple[str, int, tuple[str, ...]], ...]
    """Module, level, names."""
    statements: tuple[ast.stmt, ...]
    """What may act on others."""


_known: dict[str, tuple[tuple[int, int, int], Text]] = {}


def take_in(walker: Walker) -> bool:
    """Take in what importing the reached modules does to what is reached; say whether there was more of it."""
    found = False
    for name in _imported(walker):
        module = sys.modules.get(name)
        if module is None:
            continue
        for at, statement in enumerate(_text(name).statements):
            key = (name, at)
            if key in walker.acts:
                continue
            on = set(_acted_on(statement, module))
            if not on or not (on & _EVERYWHERE or on & _reached(walker)):
                continue
            walker.acts.add(key)
            _take(walker, module, statement, at)
            found = True
    return found


def _take(walker: Walker, module: ModuleType, statement: ast.stmt, at: int) -> None:
    from heirloom._closure.walker import module_name

    code = compile(ast.Module([statement], []), origin.file_of(module) or "?", "exec", dont_inherit=True)
    facts = read(code)
    name = f"{module_name(module.__name__)} (when imported, {at + 1})"
    what: dict[str, Any] = {"code": facts.digest}
    walker.take_code(code)
    text = ast.unparse(statement)
    walker.add(Node(name, "import", what, f"{origin.file_of(module)}:{statement.lineno}", "", text))
    what["reaches"] = walker.reach(facts, vars(module), name)


def _reached(walker: Walker) -> set[str]:
    """The top modules from outside that reached code names."""
    reached = {qualified.partition(".")[0] for qualified, _ in walker.met}
    reached |= {module.partition(".")[0] for (module, level, _), _, _ in walker.imports if not level}
    return reached | walker.mentions


def _imported(walker: Walker) -> list[str]:
    """List the project's modules that the reached ones import at the top, and those that they import."""
    found: dict[str, None] = {}
    waiting = sorted(one for one in walker.modules if isinstance(one, str))
    while waiting:
        name = waiting.pop()
        module = sys.modules.get(name)
        if name in found or module is None or origin.of_module(name) != origin.PROJECT:
            continue
        found[name] = None
        package = vars(module).get("__package__")
        for asked, level, names in _text(name).imports:
            base = modules.absolute(asked, level, package)
            waiting += [one for one in modules.line(base) if one in sys.modules and one not in found]
            waiting += [f"{base}.{one}" for one in names if f"{base}.{one}" in sys.modules]
    return sorted(found)


def _text(name: str) -> Text:
    path = origin.file_of(sys.modules.get(name))
    empty = Text((), ())
    if path is None or not path.endswith(".py"):
        return empty
    try:
        stat = os.stat(path)
        stamp = (stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)
        known = _known.get(path)
        if known is None or known[0] != stamp:
            with _io.open(path, "rb") as file:
                known = _known[path] = (stamp, _look(file.read()))
    except OSError:
        return empty
    return known[1]


def _look(text: bytes) -> Text:
    imports: list[tuple[str, int, tuple[str, ...]]] = []
    blocks = [text, *(re.sub(rb"(?m)^[ \t]+", b"", block) for block in _INDENTED.findall(text))]
    for found in (one for block in blocks for one in _IMPORT.findall(block)):
        base, names, plain = (part.decode(errors="replace") for part in found)
        if plain:
            imports += [(one.split()[0], 0, ()) for one in plain.split(",") if one.split()]
        else:
            level = len(base) - len(base.lstrip("."))
            asked = tuple(one.split()[0] for one in names.strip("()").replace("\n", " ").split(",") if one.split())
            imports.append((base.lstrip("."), level, asked))
    statements: tuple[ast.stmt, ...] = ()
    if any(_ACTS.search(block) for block in blocks):
        from heirloom._closure.texts import parse

        try:
            statements = tuple(_acting(parse(text).body))
        except (SyntaxError, ValueError, SystemError):
            pass
    return Text(tuple(imports), statements)


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


def _acted_on(statement: ast.stmt, module: ModuleType) -> Iterator[str]:
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
