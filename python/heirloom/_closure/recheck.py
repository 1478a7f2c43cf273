"""Looks again at code that ran in a build, before its object is served.

Where it stands: the engine asks for it, through ``engine_face.rs``. Promises: a module that is not loaded is not imported
as long as its text says that nothing has changed, and does not stay imported for being looked at. Refuses: raising; what
cannot be looked at has changed.
"""

from __future__ import annotations

import importlib
import sys
from json.decoder import JSONDecoder
from typing import Any

from heirloom._closure import installed, modules, origin
from heirloom._closure.roots import digests
from heirloom._closure.walker import module_name


def changed(name: str, state: str) -> str | None:
    """Say what has changed of recorded code; ``None`` when nothing has."""
    recorded: dict[str, Any] = JSONDecoder().decode(state)
    if "failed" in recorded:
        return "could not be recorded when the object was built"
    if "package" in recorded:
        return installed.changed(recorded["version"], recorded["package"])
    loaded = _loaded(name)
    if "absent" in recorded:
        return "can be imported now" if loaded or modules.find(name) is not None else None
    if loaded is not None:
        return _differs(loaded, recorded)
    now = modules.files(name)
    if now and now == recorded["files"]:
        return None
    before = set(sys.modules)
    try:
        importlib.import_module(name)
        return _differs(name, recorded)
    except Exception as error:  # whatever a module raises while it is imported
        return f"cannot be imported now: {error}"
    finally:
        _forget((set(now) | {name}) - before)


def _differs(loaded: str, recorded: dict[str, Any]) -> str | None:
    if modules.effects(loaded) != recorded["effects"]:
        return "does something else when it is imported"
    roots: dict[str, str] = recorded["roots"]
    for root, content in digests(loaded, set(roots)).items():
        if roots.get(root) != content:
            return f"has another `{root}` now"
    return None


def _forget(names: set[str]) -> None:
    """Take out modules that were imported to be looked at: a build must import them itself, so that it is seen to."""
    for name in names:
        module = sys.modules.get(name)
        if module is None or not (origin.file_of(module) or "").endswith(".py"):
            continue
        del sys.modules[name]
        above, _, last = name.rpartition(".")
        package = sys.modules.get(above)
        if package is not None and vars(package).get(last) is module:
            delattr(package, last)


def _loaded(name: str) -> str | None:
    if name in sys.modules:
        return name
    return "__main__" if module_name("__main__") == name else None
