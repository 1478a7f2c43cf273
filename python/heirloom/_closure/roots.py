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


def digests(module: str, names: set[str]) -> dict[str, str]:
    """Digest what stands under some names of a loaded module, such as ``helper`` or ``Model.fit``."""
    space = vars(sys.modules[module])
    marks = names & {WHOLE, VALUES}
    for key, value in space.items() if marks else ():
        if not key.startswith("__") and (WHOLE in marks or is_plain(value)):
            names = names | {key}
    return {name: _digest(space, name) for name in sorted(names - marks)} | dict.fromkeys(sorted(marks), "")


def _digest(space: dict[str, Any], name: str) -> str:
    top, *members = name.split(".")
    value = space.get(top, ABSENT)
    if value is ABSENT:
        return "absent"
    closure = Closure([value], mentions=members)
    pieces = [(piece, content) for piece, content, _ in closure.pieces()]
    return digest("root", (closure.roots, pieces)).hex()
