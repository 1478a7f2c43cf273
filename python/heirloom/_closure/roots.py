"""Digests of what stands under names of a module, each with everything that it reaches.

Promises: the same answer after a build and before serving, in every process. Refuses: importing.
"""

from __future__ import annotations

import sys
from typing import Any

from heirloom._closure.closure import Closure
from heirloom._closure.values import is_plain
from heirloom._closure.walker import ABSENT
from heirloom._heirloom import digest

WHOLE = "*"
"""Stands for every name of a module."""
VALUES = "="
"""Stands for every plain value of a module."""


def digests(module: str, names: set[str], watched: list[tuple[Any, ...]] | None = None) -> dict[str, str]:
    """Digest what stands under some names of a loaded module, such as ``helper`` or ``Model.fit``.

    ``watched`` takes what to look at, to tell that the answer is still the same (see ``guards.rs``).
    """
    space = vars(sys.modules[module])
    watched = [] if watched is None else watched
    watched.append(("entry", sys.modules, module, sys.modules[module]))
    marks = names & {WHOLE, VALUES}
    if marks:
        watched.append(("dict", space, dict(space)))
    for key, value in space.items() if marks else ():
        if not key.startswith("__") and (WHOLE in marks or is_plain(value)):
            names = names | {key}
    return {name: _digest(space, name, watched) for name in sorted(names - marks)} | dict.fromkeys(sorted(marks), "")


def _digest(space: dict[str, Any], name: str, watched: list[tuple[Any, ...]]) -> str:
    top, *members = name.split(".")
    value = space.get(top, ABSENT)
    watched.append(("entry", space, top, value))
    if value is ABSENT:
        return "absent"
    closure = Closure([value], mentions=members)
    watched.extend(closure.watched)
    pieces = [(piece, content) for piece, content, _ in closure.pieces()]
    return digest("root", (closure.roots, pieces)).hex()
