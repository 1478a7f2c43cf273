"""One piece that counts.

Promises: everything that an explanation needs stands in it. Refuses: to hold what it describes alive; the walk does.
"""

from __future__ import annotations

from typing import Any


class Node:
    """One piece of code or data that a builder can reach."""

    # Written out, because to make a named tuple's class takes longer than all the rest of this module.
    __slots__ = ("kind", "name", "needed_by", "place", "subject", "what")

    def __init__(self, name: str, kind: str, what: Any, place: str | None, needed_by: str, subject: Any) -> None:
        self.name = name
        """Module and qualified name: ``etl.normalize``."""
        self.kind = kind
        """``function``, ``class``, ``value``, ``version``, ``compiled``, ``surroundings`` or ``import``."""
        self.what = what
        """What counts of it."""
        self.place = place
        """File and line, for people."""
        self.needed_by = needed_by
        """The name of the piece that led to it."""
        self.subject = subject
        """The function, class or value itself."""
