"""The code of one function as this process sees it: the pieces of its fingerprint, and whether they are still true.

Promises: 1. the pieces are looked at once, and again only when a guard says that something has changed; 2. what a build of
the function itself changes (a memo, a counter, a list it appends to) does not make it another function. Refuses: waiting
for other threads; one that changes code while another builds is seen at the next call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from heirloom._heirloom import Guards, digest

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import FunctionType

    from heirloom._closure.closure import Closure, Piece


class PresentCode:
    """What counts of a function's code, at each level."""

    def __init__(
        self, function: FunctionType, choice: object, depends_on: Iterable[object], ignore_code: Iterable[object]
    ) -> None:
        """Know a function, what chooses its key, what else counts, and what does not although it is reached."""
        self.function = function
        self.choice = choice
        self.depends_on = tuple(depends_on)
        self.ignore_code = tuple(ignore_code)
        self.guards = Guards()
        """Whether everything is as it was; another one after each change."""
        self.version = 0
        """Raised at each change: every store then makes a new shelf."""
        self.closure: Closure | None = None
        """What the function reaches, once that was asked for."""
        self.counted: Closure | None = None
        """What it reached when its pieces were last taken; a build of its own may have made it reach more since."""
        self.building: set[int] = set()
        """The builds of this function that are in progress, by their identity."""
        self._pieces: dict[str, Piece] = {}
        self._seen: dict[str, Piece] = {}
        self._first: dict[str, tuple[Closure, dict[str, Piece]]] = {}

    @property
    def project(self) -> str:
        """The folder that paths are relative to."""
        from heirloom._project import root_of

        return root_of(self.function)

    def parts(self, level: str) -> list[Piece]:
        """List the pieces that count at a level."""
        if level == "closure":
            if self.closure is None:
                return list(self._first_look().values())
            return list(self._pieces.values())
        found = [] if self.choice is None else [self._key_piece(shallow=True)]
        if level != "manual":
            closure = self._closure(shallow=level == "function")
            found += closure.files() if level == "files" else closure.pieces()
            found += self._declared(closure)
        return found

    def texts(self) -> dict[str, str]:
        """Tell what the pieces read like, for people."""
        from heirloom._closure import sources

        return {} if self.closure is None else sources.texts(self.closure.nodes.values())

    def reached(self) -> Closure:
        """Walk the code as it is now, whatever level counts."""
        return self._closure(shallow=False)

    def look_again(self) -> None:
        """Walk the code again, if anything of it has changed in this process."""
        if self.closure is None or self.guards.hold():
            return
        if self.building and self._only_values_differ():
            return
        former, self._seen = self._seen, self._walk()
        if former == self._seen:
            return
        # What builds have changed before stays as it was at first: only what is new counts.
        self._pieces = {
            name: self._pieces.get(name, piece) if former.get(name) == piece else piece for name, piece in self._seen.items()
        }
        self.counted = self.closure
        # Who has the former guards must never see them hold again by chance.
        self.guards = self.guards.leave()
        self._watch()
        self.version += 1

    def _only_values_differ(self) -> bool:
        """Whether nothing but data has changed, which a build in progress changes itself: its counters and memos."""
        closure = self._closure(shallow=False)
        now = self._named(closure)
        differing = {name for name, piece in now.items() if self._seen.get(name) != piece}
        return now.keys() == self._seen.keys() and all(
            name in closure.nodes and closure.nodes[name].kind == "value" for name in differing
        )

    def absorb(self) -> None:
        """Take what a build of this function itself has changed for what it always was."""
        if self.closure is not None and not self.guards.hold():
            self._seen = self._walk()

    def _first_look(self) -> dict[str, Piece]:
        closure = self._closure(shallow=False)
        look = closure, self._named(closure)
        # Of several threads the first that is done counts for all: a build can only have begun after that.
        first = self._first.setdefault("look", look)
        if first is look:
            self._pieces = self._seen = look[1]
            self.counted = self.closure = closure
            self._watch()
        return first[1]

    def _walk(self) -> dict[str, Piece]:
        self.closure = self._closure(shallow=False)
        self._watch()
        return self._named(self.closure)

    def _named(self, closure: Closure) -> dict[str, Piece]:
        pieces = closure.pieces() + self._declared(closure)
        if self.choice is not None:
            pieces.append(self._key_piece(shallow=False))
        return {piece[0]: piece for piece in pieces}

    def _watch(self) -> None:
        from heirloom._closure.walker import ABSENT

        if self.closure is not None:
            self.guards.watch(self.closure.watched, ABSENT)

    def _closure(self, *, shallow: bool) -> Closure:
        from heirloom._closure.closure import Closure

        roots = (self.function, *self.depends_on)
        return Closure(roots, root=self.project, shallow=shallow, ignored=self.ignore_code)

    def _declared(self, closure: Closure) -> list[Piece]:
        """Tell of what ``depends_on`` names: functions and classes have pieces of their own, data has this one."""
        if not self.depends_on:
            return []
        return [("what depends_on names", digest("depends_on", closure.roots[1:]), None)]

    def _key_piece(self, *, shallow: bool) -> Piece:
        from heirloom._closure.closure import Closure

        chosen = Closure([self.choice], root=self.project, shallow=shallow)
        pieces = [(name, content) for name, content, _ in chosen.pieces()]
        return ("what is in the key", digest("key", (chosen.roots, pieces)), None)
