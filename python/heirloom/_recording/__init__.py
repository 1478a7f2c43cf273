"""Records what a builder touches while it runs, so that it can be checked before its object is served again.

On the road: the compiled half calls ``begin`` and ``end`` around each build and ``ambient`` at each check; in between,
``_events.py`` hears Python's audit events, ``_watch.py`` stands before what raises none, ``_readers.py`` before libraries
that open files in C. Promises: 1. nothing is installed before the first build, and while none is open it costs a load and
a branch; 2. what the import system, Heirloom itself and tracebacks read is not an input; 3. what cannot be checked is
recorded as such. Refuses: the code itself; ``imports`` tells the closure which modules a build asked for.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from heirloom import _heirloom
from heirloom._recording import _ambient, _loaded
from heirloom._recording._ambient import ambient as ambient

if TYPE_CHECKING:
    from heirloom._heirloom import Building

_installed = False

imports: dict[str, list[tuple[str, bool]]] = {}
"""By factory name: the modules that its last build asked for, and whether each was found."""


def begin(building: Building, args: tuple[Any, ...], kwargs: dict[str, Any] | None) -> None:
    """Begin to record a build."""
    _install()
    from heirloom._closure import ran
    from heirloom._recording import _readers

    _readers.install()
    building.notes["sys.path"] = list(sys.path)
    ran.begin(building, building.declaration)
    building.notes["arguments"] = (*args, *(kwargs or {}).values())
    for path in _absolute_paths((*args, *(kwargs or {}).values()), 3):
        building.fixed(path)
    _ambient.record(building)


def end(building: Building) -> None:
    """Record what can only be told when a build is over."""
    from heirloom._closure import ran
    from heirloom._recording import _children

    try:
        ran.note(building, building.declaration, building.take_ran(), building.notes.pop("arguments", ()))
    except Exception:
        # What was not recorded cannot be checked, so it never holds.
        building.note_code(building.name, '{"failed": true}', True)
        raise
    _children.take_in(building)
    _ambient.settle(building)
    _loaded.record(building)
    asked = [(name, name in sys.modules) for name in building.notes.get("imports", ())]
    imports[building.name] = asked
    _loaded.record_missing(building, [name for name, found in asked if not found])
    _warn_of_network(building)


def _install() -> None:
    global _installed
    if _installed:
        return
    _installed = True
    from heirloom._recording import _children, _events, _watch

    _watch.install()
    _children.install()
    _heirloom.listen(_events.heard)


def _absolute_paths(values: Any, depth: int) -> list[str]:
    """List the absolute paths among arguments: what lies there is meant by that very name."""
    found = []
    for value in values:
        if isinstance(value, (str, os.PathLike)):
            text = os.fspath(value)
            if isinstance(text, str) and os.path.isabs(text):
                found.append(text)
        elif depth and isinstance(value, (list, tuple, set, frozenset)) and len(value) <= 10_000:
            found += _absolute_paths(value, depth - 1)
        elif depth and isinstance(value, dict) and len(value) <= 10_000:
            found += _absolute_paths(value.values(), depth - 1)
    return found


_warned: set[str] = set()


def _warn_of_network(building: Building) -> None:
    reads = building.notes.get("network")
    if not reads or building.expires or building.name in _warned:
        return
    _warned.add(building.name)
    from heirloom.errors import warn

    warn(
        f"{building.name} reads from the network ({next(iter(reads))}), which cannot be checked before its object is "
        'served again; limit its life with ttl="1h" or epoch="7d", or pass what tells its state (a date, an ETag) as an '
        "argument"
    )
