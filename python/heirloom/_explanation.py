"""Where an object is, and what a call would come to.

Promises: an explanation prints as sentences and holds the same facts as values. Refuses: building.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from heirloom._closure.closure import Closure
    from heirloom._closure.doctor import Finding


class State(enum.Enum):
    """Where an object is; while a process runs, it only moves down this list."""

    ABSENT = "absent"
    ON_DISK = "on_disk"
    IN_MEMORY = "in_memory"


class _Printed:
    """What prints as sentences, in a terminal and in a notebook."""

    _text: str

    def __str__(self) -> str:
        return self._text

    def _repr_html_(self) -> str:
        import html

        return f"<pre>{html.escape(self._text)}</pre>"


class FingerprintTree(_Printed):
    """What of a function's code counts, and why."""

    def __init__(self, closure: Closure) -> None:
        from heirloom._closure.doctor import examine

        self.pieces: dict[str, bytes] = {name: content for name, content, _ in closure.pieces()}
        """The digest of each piece, by its name."""
        self.unseen: list[Finding] = examine(closure)
        """What it may depend on that nobody can check."""
        self._text = closure.tree()

    def __repr__(self) -> str:
        return f"<FingerprintTree: {len(self.pieces)} pieces>"


class Explanation(_Printed):
    """What a call would come to now, and why."""

    def __init__(self, told: str, text: str) -> None:
        from json.decoder import JSONDecoder

        facts: dict[str, Any] = JSONDecoder().decode(told)
        self.name: str = facts["name"]
        """The object: factory and arguments."""
        self.state = State(facts["state"])
        """Where it is now."""
        self.why: str | None = facts["why"]
        """The reason that tells most; ``None`` when there is nothing to say."""
        self.reasons: list[str] = facts["reasons"]
        """Every reason, in the order of the road."""
        self.steps: list[tuple[str, str]] = [(tier, outcome) for tier, outcome in facts["steps"]]
        """The steps of the road: where, and what it came to."""
        self.facts = facts
        """Everything, as JSON has it: also the kept entry's ``record`` and the ``last`` build's trail."""
        self._text = text

    def __repr__(self) -> str:
        return f"<Explanation: {self._text.splitlines()[0]}>"
