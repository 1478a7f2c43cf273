"""Looks again at code that ran in a build, before its object is served.

Where it stands: the engine asks for it, through ``engine_face.rs``. Promises: a module that is not loaded is not imported
as long as its text says that nothing has changed, and does not stay imported for being looked at; code that was found the
same is walked again only when a guard says so. Refuses: raising; what cannot be looked at has changed.
"""

from __future__ import annotations

import importlib
import sys
from json.decoder import JSONDecoder
from typing import Any

from heirloom._closure import installed, modules, origin
from heirloom._closure.roots import digests
from heirloom._closure.walker import ABSENT, module_name
from heirloom._heirloom import Guards

_MOST = 1000
_held: dict[tuple[str, str], tuple[Guards, str, str]] = {}
"""By name and recorded state of loaded code that was looked at and found the same: whether it is so still, the module, and
what it does when it is imported."""


def changed(name: str, state: str) -> str | None:
    """Say what has changed of recorded code; ``None`` when nothing has."""
    if (held := _held.get((name, state))) is not None:
        guards, module, effects = held
        if module in sys.modules and guards.hold() and modules.effects(module) == effects:
            return None
        _held.pop((name, state), None)
    recorded: dict[str, Any] = JSONDecoder().decode(state)
    if "failed" in recorded:
        return "could not be recorded when the object was built"
    if "package" in recorded:
        return installed.changed(recorded["version"], recorded["package"])
    loaded = _loaded(name)
    if "absent" in recorded:
        return "can be imported now" if loaded or modules.find(name) is not None else None
    if loaded is not None:
        return _differs(loaded, recorded, (name, state))
    now = modules.files(name, (recorded["folder"],) if "folder" in recorded else ())
    if now and now == recorded["files"]:
        return None
    before = set(sys.modules)
    try:
        importlib.import_module(name)
        return _differs(name, recorded, None)
    except (Exception, SystemExit) as error:  # whatever a module raises while it is imported
        return f"cannot be imported now: {error}"
    finally:
        _forget((set(now) | {name}) - before)


def guards(name: str, state: str) -> Guards | None:
    """Find what tells whether code that was looked at and found the same is so still; ``None`` when nothing does."""
    held = _held.get((name, state))
    return held[0] if held is not None and held[0].hold() else None


def _differs(loaded: str, recorded: dict[str, Any], remembered: tuple[str, str] | None) -> str | None:
    if modules.effects(loaded) != recorded["effects"]:
        return "does something else when it is imported"
    roots: dict[str, str] = recorded["roots"]
    watched: list[tuple[Any, ...]] = []
    for root, content in digests(loaded, set(roots), watched).items():
        if roots.get(root) != content:
            return f"has another `{root}` now"
    if remembered is not None:
        # A module that is run anew gets another one: what it does then is looked at again.
        space = vars(sys.modules[loaded])
        watched.append(("entry", space, "__spec__", space.get("__spec__", ABSENT)))
        guards = Guards()
        guards.watch(watched, ABSENT)
        if len(_held) >= _MOST:
            _held.clear()
        _held[remembered] = guards, loaded, recorded["effects"]
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
