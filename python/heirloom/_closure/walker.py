"""Walks from a function to everything that its code can reach, and makes a node of each.

Promises: 1. every global, attribute, default, cell and class that reached code names is looked up as it is now; 2. a
member of a class counts only when some reached code mentions its name, or when Python calls it by itself; 3. the order
of discovery shows nowhere. Refuses: importing, calling or changing anything it meets.
"""

from __future__ import annotations

import _io
import builtins
import sys
from collections import deque
from functools import partial
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Any, cast

from heirloom import _heirloom
from heirloom._closure import describing, importing, kept, origin, surroundings
from heirloom._closure.node import Node
from heirloom._closure.reading import Facts, read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

ABSENT = object()
"""Stands for a name that leads nowhere."""

_SEES_GLOBALS = frozenset({"globals", "eval", "exec"})
"""With one of these, code can reach every global of its module."""


class Walker:
    """One walk; ``nodes`` and ``watched`` are what it found."""

    def __init__(self, *, root: str | None = None, shallow: bool = False, ignored: Iterable[object] = ()) -> None:
        self.root = root
        """The project's folder: paths in it count by where they lead from there."""
        self.shallow = shallow
        """Whether what code reaches is left out."""
        self.ignored = frozenset(one if isinstance(one, str) else _dotted(one) for one in ignored)
        """Dotted names of what does not count although it is reached."""
        self.nodes: dict[str, Node] = {}
        self.codes: set[int] = set()
        """The code objects that count already, by identity."""
        self.modules: set[str] = set()
        """The project's modules that were looked into."""
        self.watched: list[tuple[Any, ...]] = []
        """What to look at, to tell that nothing has changed: see ``guards.rs``."""
        self.mentions: set[str] = set()
        self.imports: list[tuple[tuple[str, int, tuple[str, ...]], str | None, frozenset[str]]] = []
        """Imports inside of bodies, each with its package and with what the importing code mentions."""
        self.met: set[tuple[str, str]] = set()
        """Code from outside the project by its dotted name, each with the piece that reaches it."""
        self.acts: set[tuple[str, int]] = set()
        """What importing modules does to others and counts: module, and the statement's number."""
        self.inside: list[Any] = []
        """The containers around the value that is described now."""
        self.met_within: dict[int, tuple[int, Any]] = {}
        """What can change in place of the outermost value that is described now, by its address: its number, and itself."""
        self.copying = False
        """Whether an object is described by what a copy of it would be made from."""
        self._names: dict[int, str] = {}
        self._taken: set[str] = set()
        self._kept: list[Any] = []
        self._waiting: dict[str, list[Callable[[], None]]] = {}
        self._work: deque[Callable[[], None]] = deque()
        self._bound: dict[tuple[int, str], str] = {}

    def run(self) -> None:
        """Go on until nothing new is found."""
        while True:
            while self._work:
                self._do(self._work.popleft())
            if self.shallow or not importing.take_in(self):
                return

    def _do(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:  # whatever code of the project raises when it is asked: what it belongs to counts by that
            name = self._free(f"what raises {type(error).__name__} when it is looked at")
            self.add(Node(name, "unseen", type(error).__qualname__, None, "", None))

    def later(self, work: Callable[[], None]) -> None:
        """Put work off, so that long chains of calls need no deep stack."""
        self._work.append(work)

    def when_mentioned(self, name: str, work: Callable[[], None]) -> None:
        """Do something once, as soon as some reached code mentions a name."""
        if name in self.mentions:
            self.later(work)
        else:
            self._waiting.setdefault(name, []).append(work)

    def claim(self, subject: Any, name: str) -> str | None:
        """Name a subject; ``None`` when it has a name already (see ``name_of``)."""
        if id(subject) in self._names:
            return None
        self._names[id(subject)] = free = self._free(name)
        self._kept.append(subject)
        return free

    def _free(self, name: str) -> str:
        free, at = name, 1
        while free in self._taken:
            at += 1
            free = f"{name}#{at}"
        self._taken.add(free)
        return free

    def name_of(self, subject: Any) -> str:
        """Find the name that a subject was given."""
        return self._names[id(subject)]

    def is_known(self, address: int) -> bool:
        """Whether something that was met lies at an address."""
        return address in self._names or address in self.met_within or any(id(one) == address for one in self.inside)

    def add(self, node: Node) -> None:
        """Take a node in."""
        self.nodes[node.name] = node

    def function(self, function: FunctionType, needed_by: str) -> tuple[str, str]:
        """Take in a function, and what its code reaches; return a reference to it."""
        whose = origin.of_code(function.__code__, function.__module__)
        stood_for = function.__dict__.get("__wrapped__") if whose == origin.OURS else None
        if isinstance(stood_for, FunctionType):
            # The recording stands before it in some processes, and not yet in others.
            return self.function(stood_for, needed_by)
        if isinstance(stood_for, type):
            # The builder of a decorated class has no code of its own.
            from heirloom._closure.classes import describe_class

            return cast("tuple[str, str]", describe_class(self, stood_for, needed_by))
        qualified = f"{module_name(function.__module__)}.{function.__qualname__}"
        if whose == origin.OURS or qualified in self.ignored:
            return ("ignored", qualified)
        if function.__code__.co_filename.startswith("<attrs generated "):
            # Made from the fields, which count; its text is hashed into it, and so it differs from process to process.
            return ("generated", function.__name__)
        if whose != origin.PROJECT and not function.__closure__ and not function.__dict__:
            return self.outside(function.__code__.co_filename, whose, qualified, needed_by)
        name = self.claim(function, qualified)
        if name is not None:
            self.later(lambda: self._look_at(function, name, needed_by))
        return ("function", self.name_of(function))

    def _look_at(self, function: FunctionType, name: str, needed_by: str) -> None:
        from heirloom._closure.values import describe

        code = function.__code__
        whose = origin.of_code(code, function.__module__)
        cells = dict(zip(code.co_freevars, function.__closure__ or (), strict=True))
        held = {key: self._cell(cell, key, name) for key, cell in cells.items()}
        wrapped = function.__dict__.get("__wrapped__")
        what: dict[str, Any] = {"cells": held, "wrapped": None if wrapped is None else describe(self, wrapped, name)}
        self.watched.append(("function", function))
        self.watched.append(("dict", function.__dict__, dict(function.__dict__)))
        if function.__kwdefaults__:
            self.watched.append(("dict", function.__kwdefaults__, dict(function.__kwdefaults__)))
        if whose != origin.PROJECT:
            what["of"] = self.outside(code.co_filename, whose, name, needed_by)
            self.add(Node(name, "function", what, None, needed_by, function))
            return
        self.take_code(code)
        self.modules.add(function.__module__)
        facts = read(code)
        what["code"] = facts.digest
        what["defaults"] = [describe(self, default, name) for default in function.__defaults__ or ()]
        what["named defaults"] = {key: describe(self, value, name) for key, value in (function.__kwdefaults__ or {}).items()}
        describing.take_in(self, function, what)
        what["reaches"] = self.reach(facts, function.__globals__, name)
        attributes: dict[str, Any] = {}
        what["attributes"] = attributes
        for key, value in function.__dict__.items():
            if key != "__wrapped__":
                self.when_mentioned(key, partial(self._take_attribute, attributes, key, value, name))
        self.add(Node(name, "function", what, f"{code.co_filename}:{code.co_firstlineno}", needed_by, function))

    def _take_attribute(self, attributes: dict[str, Any], key: str, value: Any, name: str) -> None:
        from heirloom._closure.values import describe

        attributes[key] = describe(self, value, name)

    def take_code(self, code: CodeType) -> None:
        """Note that a piece of code counts, with what is written inside it."""
        self.codes.add(id(code))
        self._kept.append(code)
        for constant in code.co_consts:
            if isinstance(constant, CodeType):
                self.take_code(constant)

    def _cell(self, cell: Any, key: str, name: str) -> Any:
        from heirloom._closure.values import describe, is_plain

        try:
            held = cell.cell_contents
        except ValueError:
            return "empty"
        self.watched.append(("cell", cell, held))
        if not is_plain(held):
            return describe(self, held, name)
        own = self._free(f"{name}[{key}]")
        self.add(Node(own, "value", describe(self, held, own), None, name, held))
        return ("value", own)

    def reach(self, facts: Facts, namespace: dict[str, Any], name: str) -> list[Any]:
        """Follow the names that code reaches out with, and take in what they lead to."""
        found: list[Any] = []
        package = namespace.get("__package__")
        self.imports.extend((one, package, facts.mentions) for one in facts.imports)
        if self.shallow:
            return found
        self.mention(facts.mentions)
        self.mention(frozenset(f"global {chain[0]}" for chain in facts.chains))
        for chain in facts.chains:
            if chain[0] in _SEES_GLOBALS and chain[0] not in namespace:
                self.later(lambda: self.whole_module(namespace, name))
            try:
                found.append((chain, self._follow(chain, namespace, name)))
            except Exception as error:  # an object that does not stand being looked at
                found.append((chain, ("unseen", type(error).__qualname__)))
        return found

    def mention(self, names: frozenset[str]) -> None:
        """Note that reached code mentions names."""
        for name in sorted(names - self.mentions):
            self.mentions.add(name)
            for work in self._waiting.pop(name, ()):
                self.later(work)

    def _follow(self, chain: tuple[str, ...], namespace: dict[str, Any], name: str) -> Any:
        space, at = namespace, 0
        while True:
            value = space.get(chain[at], ABSENT)
            if value is ABSENT and space is namespace:
                builtin = vars(builtins).get(chain[at], ABSENT)
                self.watched.append(("entry", space, chain[at], ABSENT))
                self.met.add((f"builtins.{chain[at]}", name))
                self.watched.append(("entry", vars(builtins), chain[at], builtin))
                if _is_put_there(builtin, chain[at]):
                    return self.bind(vars(builtins), chain[at], builtin, name)
                return "absent" if builtin is ABSENT else ("builtin", chain[at])
            if not isinstance(value, ModuleType):
                return self.bind(space, chain[at], value, name)
            self.watched.append(("entry", space, chain[at], value))
            at += 1
            if at == len(chain):
                return self.bind_module(value, name)
            if (found := self._outside_path(value, chain[at:], name)) is not None:
                return found
            if chain[at] not in vars(value) and "__getattr__" in vars(value):
                self.bind(vars(value), "__getattr__", vars(value)["__getattr__"], name)
            space = vars(value)

    def _outside_path(self, module: ModuleType, names: tuple[str, ...], needed_by: str) -> Any:
        """Take in code of a module from outside the project by its path, whether it is loaded already or not."""
        from heirloom._closure.values import is_plain

        whose = origin.of_module(module.__name__)
        if whose not in (origin.PYTHON, origin.INSTALLED):
            return None
        found: Any = module
        for name in names:
            if not isinstance(found, ModuleType):
                break
            space, found = vars(found), vars(found).get(name, ABSENT)
            self.watched.append(("entry", space, name, found))
        patched = isinstance(found, FunctionType) and (
            found.__closure__ is not None or origin.of_code(found.__code__, found.__module__) == origin.PROJECT
        )
        ours = isinstance(found, type) and origin.of_module(found.__module__) == origin.PROJECT
        if found is not ABSENT and (patched or ours or is_plain(found)):
            return None
        told = self.outside(origin.file_of(module) or "", whose, f"{module.__name__}.{'.'.join(names)}", needed_by)
        if whose == origin.PYTHON and isinstance(found, (BuiltinFunctionType, FunctionType)) and found.__name__ != names[-1]:
            # Perhaps somebody has put another function there.
            return (*told, found.__qualname__)
        return told

    def bind(self, space: dict[str, Any], key: str, value: Any, needed_by: str) -> Any:
        """Take in what a name of a module stands for; a plain value becomes a node of its own."""
        from heirloom._closure.values import ATOMS, describe, is_plain

        self.watched.append(("entry", space, key, value))
        if value is ABSENT:
            return "absent"
        value = self._as_before(space, key, value)
        if not is_plain(value):
            return describe(self, value, needed_by)
        module = str(space.get("__name__", "?"))
        if origin.of_module(module) == origin.PYTHON and not isinstance(value, ATOMS) and (module, key) != ("sys", "argv"):
            # Python's own tables and objects are its own business: `sys.modules`, `os.environ`, the root logger.
            return self.outside("", origin.PYTHON, f"{module}.{key}", needed_by)
        if f"{module_name(module)}.{key}" in self.ignored:
            return ("ignored", f"{module_name(module)}.{key}")
        if (known := self._bound.get((id(space), key))) is None:
            self._kept.append(space)
            wrapped = " (decorated)" if "__wrapped__" in getattr(value, "__dict__", ()) else ""
            name = known = self._bound[id(space), key] = self._free(f"{module_name(module)}.{key}{wrapped}")
            path = space.get("__file__")
            self.modules.add(module)
            self.later(lambda: self.add(Node(name, "value", describe(self, value, name), path, needed_by, value)))
        return ("value", known)

    def _as_before(self, space: dict[str, Any], key: str, value: Any) -> Any:
        """Find what a global was before builds changed it, and watch what it is now."""
        before = kept.original(space, key, value)
        if before is not value and type(value) in (dict, list, set):
            kind = type(value).__name__
            self.watched.append((kind, value, dict(value) if isinstance(value, dict) else tuple(value)))
        return before

    def extension(self, module: str, needed_by: str) -> None:
        """Take in a compiled module of the project by the content of its file."""
        path = origin.file_of(sys.modules.get(module))
        if path is None or path.endswith((".py", ".pyc")) or origin.of_file(path) != origin.PROJECT:
            return
        name = f"{module_name(module)} (compiled)"
        if name not in self.nodes:
            try:
                with _io.open(path, "rb") as file:
                    content = _heirloom.digest("compiled", file.read())
            except OSError:
                content = b""
            self.add(Node(name, "compiled", content, path, needed_by, None))

    def bind_module(self, module: ModuleType, name: str) -> Any:
        """Take in a module that is handed on whole, so that any name may be asked of it."""
        if origin.of_module(module.__name__) == origin.PROJECT:
            self.later(lambda: self.whole_module(vars(module), name))
            return ("module", module_name(module.__name__))
        return self.outside(origin.file_of(module) or "", origin.of_module(module.__name__), module.__name__, name)

    def outside(self, path: str, whose: str, qualified: str, needed_by: str) -> tuple[str, str]:
        """Take in code that is not the project's: it counts by its name, its distribution and that one's version."""
        self.met.add((qualified, needed_by))
        if whose == origin.INSTALLED:
            distribution, version = origin.distribution(path)
            name = f"version of {distribution}"
        else:
            name, version = "version of Python", ".".join(map(str, sys.version_info[:2]))
            surroundings.take_in(self, qualified, needed_by)
        if name not in self.nodes:
            self.add(Node(name, "version", version, None, needed_by, None))
        return ("outside", qualified)

    def whole_module(self, space: dict[str, Any], needed_by: str) -> None:
        """Take in every value of a module; which of its functions run is told by watching them."""
        from heirloom._closure.values import is_plain

        own = space.get("__name__")
        self.watched.append(("dict", space, dict(space)))
        for key, value in sorted(space.items()):
            if key.startswith("__"):
                continue
            if is_plain(value):
                self.bind(space, key, value, needed_by)
            elif isinstance(value, FunctionType) and (value.__module__, value.__qualname__) != (own, key):
                # Put there by somebody else, perhaps for a while.
                self.bind(space, key, value, needed_by)
            elif isinstance(value, FunctionType):
                self.watched.append(("entry", space, key, value))


def _is_put_there(value: Any, name: str) -> bool:
    """Whether somebody has given the name of a builtin to a function, class or value of his own."""
    if isinstance(value, (FunctionType, type)):
        return origin.of_module(value.__module__) == origin.PROJECT
    return value is not ABSENT and type(value) in (int, float, str, bytes, tuple, list, dict, set) and name != "_"


def _dotted(subject: object) -> str:
    return f"{module_name(getattr(subject, '__module__', None))}.{getattr(subject, '__qualname__', '?')}"


def module_name(name: str | None) -> str:
    """Name a module as others know it, also when it runs as the main program."""
    # `multiprocessing` runs the main program under another name in a spawned child.
    if name is None or name not in ("__main__", "__mp_main__"):
        return name or "?"
    main = sys.modules.get(name)
    spec = getattr(main, "__spec__", None)
    if spec is not None:
        return str(spec.name).removesuffix(".__main__")
    path = getattr(main, "__file__", None)
    return path.rpartition("/")[2].removesuffix(".py") if path else "__main__"
