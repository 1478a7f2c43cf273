"""What ran in a build beyond the closure: records it, so that it can be looked at again before the object is served.

Where it stands: at the end of each build. Promises: 1. code that was found by its name only, modules that were imported
in a body, and the classes of arguments are recorded, each under its module; 2. code of installed packages is recorded by
file. Refuses: code that left no trace in any module (that of ``eval``): the text it was made from counts.
"""

from __future__ import annotations

import os
import sys
from json.encoder import JSONEncoder
from types import CodeType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

from heirloom._closure import installed, kept, modules, origin
from heirloom._closure.reading import read
from heirloom._closure.roots import VALUES, WHOLE, digests
from heirloom._closure.walker import module_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from heirloom._closure.closure import Closure
    from heirloom._declaration import Declaration
    from heirloom._heirloom import Building

_added: set[str] = set()
"""Folders that builds of this process have put on ``sys.path``."""
_JSON = JSONEncoder(sort_keys=True, separators=(",", ":"))
"""Of our own: a project may have put something else in the place of ``json.dumps``."""


def begin(building: Building, declaration: Declaration) -> None:
    """Remember, before a build, the globals that it may change."""
    declaration.code_now.building.add(id(building))
    closure = declaration.code_now.closure
    if closure is not None:
        imported = (modules.absolute(module, level, package) for (module, level, _), package, _ in closure.imports)
        building.notes["before"] = kept.snapshot({*closure.modules, *imported})


def note(building: Building, declaration: Declaration, codes: list[CodeType], arguments: Iterable[Any]) -> None:
    """Record what ran with ``building``, beyond what the closure of its function holds already."""
    declaration.code_now.building.discard(id(building))
    _added.update(set(filter(_is_text, sys.path)) - set(building.notes.get("sys.path", sys.path)))
    homes = modules.by_file()
    ran_in = {name for code in codes if (name := homes.get(code.co_filename)) is not None}
    kept.compare(building.notes.pop("before", {}), ran_in)
    declaration.code_now.absorb()
    closure = declaration.code_now.counted
    if closure is None:
        return
    roots: dict[str, set[str]] = {}
    packages: set[str] = set()
    fresh: set[str] = set()
    imports = list(closure.imports)
    for code in codes:
        path = code.co_filename
        name = homes.get(path)
        whose = origin.of_code(code, name)
        if whose == origin.INSTALLED:
            if "_distutils_hack" not in path:
                packages.add(path)
        elif whose == origin.PROJECT and name is None and os.path.isabs(path):
            # A file that was run by hand, and is nobody's module.
            building.read(path)
        elif whose == origin.PROJECT and name is not None and id(code) not in closure.codes:
            if _ignored(closure, sys.modules[name], code):
                continue
            if code.co_name == "<module>":
                fresh.add(name)
                continue
            roots.setdefault(name, set()).add(_root(sys.modules[name], code))
            package = vars(sys.modules[name]).get("__package__")
            facts = read(code)
            imports.extend((one, package, facts.mentions) for one in facts.imports)
    for (module, level, names), package, mentions in imports:
        _imported(building, roots, modules.absolute(module, level, package), names, mentions)
    for name in building.notes.get("imports", ()):
        if name in sys.modules and origin.of_module(name) == origin.PROJECT:
            fresh.add(name)
    for name in fresh:
        # What was imported by a name that nobody wrote down may be asked for any of its values.
        roots.setdefault(name, {VALUES})
    _classes(roots, arguments, closure.mentions, 0)
    added = {os.path.abspath(folder) for folder in _added}
    for name, parts in sorted(roots.items()):
        state: dict[str, Any] = {
            "roots": digests(name, parts), "files": modules.files(name), "effects": modules.effects(name),
        }  # fmt: skip
        if added and (folder := modules.folder_of(name)) in added:
            # Where nobody but a build would look for it.
            state["folder"] = folder
        building.note_code(module_name(name), _JSON.encode(state), True)
    for name, state in installed.states(packages):
        building.note_code(name, _JSON.encode(state), False)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _ignored(closure: Closure, module: ModuleType, code: CodeType) -> bool:
    owner = f"{module_name(module.__name__)}.{_root(module, code)}"
    return any(owner == one or owner.startswith(f"{one}.") for one in closure.ignored)


def _root(module: ModuleType, code: CodeType) -> str:
    """Name the function or method of a module that a piece of code belongs to."""
    return modules.owners(module).get(id(code), WHOLE)


def _imported(
    building: Building, roots: dict[str, set[str]], name: str, names: tuple[str, ...], mentions: frozenset[str]
) -> None:
    module = sys.modules.get(name)
    if module is None:
        if modules.find(name) is None:
            building.note_code(name, _JSON.encode({"absent": True}), True)
        return
    for above in modules.line(name):
        if (loaded := sys.modules.get(above)) is None or origin.of_module(above) != origin.PROJECT:
            continue
        known = vars(loaded)
        asked = set(known) & mentions if above != name or not names else set(names) & set(known)
        asked |= {missing for missing in names if above == name and missing not in known}
        roots.setdefault(above, set()).update(asked)
        for missing in asked - set(known) if "__path__" in known else ():
            # It may be a module that is not there yet.
            if missing.isidentifier() and modules.find(f"{above}.{missing}") is None:
                building.note_code(f"{above}.{missing}", _JSON.encode({"absent": True}), True)
        for submodule in names if above == name else ():
            if f"{name}.{submodule}" in sys.modules:
                _imported(building, roots, f"{name}.{submodule}", (), mentions)


def _classes(roots: dict[str, set[str]], values: Iterable[Any], mentions: frozenset[str] | set[str], depth: int) -> None:
    """Take in the classes of arguments: what code reads of them without any of their own code running."""
    for value in values:
        if isinstance(value, (list, tuple, set, frozenset)) and depth < 3:
            _classes(roots, tuple(value)[:100], mentions, depth + 1)
        elif isinstance(value, dict) and depth < 3:
            _classes(roots, tuple(value.values())[:100], mentions, depth + 1)
        cls = value if isinstance(value, type) else type(value)
        if isinstance(value, FunctionType) or origin.of_module(cls.__module__) != origin.PROJECT:
            continue
        for base in cls.__mro__:
            if origin.of_module(base.__module__) == origin.PROJECT and "<locals>" not in base.__qualname__:
                mentioned = {f"{base.__qualname__}.{key}" for key in vars(base) if key in mentions}
                roots.setdefault(base.__module__, set()).update(mentioned | {base.__qualname__})
