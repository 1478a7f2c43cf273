"""One piece that counts.

Promises: everything that an explanation needs stands in it. Refuses: to hold what it describes alive; the walk does.
"""

from __future__ import annotations

from typing import Any, NamedTuple


class Node(NamedTuple):
    """One piece of code or data that a builder can reach."""

    name: str
    """Module and qualified name: ``etl.normalize``."""
    kind: str
    """``function``, ``class``, ``value``, ``version``, ``compiled``, ``surroundings`` or ``import``."""
    what: Any
    """What counts of it."""
    place: str | None
    """File and line, for people."""
    needed_by: str
    """The name of the piece that led to it."""
    subject: Any
    """The function, class or value itself."""
