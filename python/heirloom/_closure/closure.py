"""The closure of a builder: every piece of code and data that it can reach, as pieces of its fingerprint.

Promises: the same code and data give the same pieces in every process, whatever else was imported there. Refuses:
imports that stand in bodies; they are looked at when they have run.
"""

from __future__ import annotations

import _io
import sys
from typing import TYPE_CHECKING, Any

from heirloom._closure import origin, surroundings
from heirloom._closure.node import Node
from heirloom._closure.values import describe
from heirloom._closure.walker import Walker, module_name
from heirloom._heirloom import digest

if TYPE_CHECKING:
    from collections.abc import Iterable


Piece = tuple[str, bytes, "str | None"]
"""Name, digest, and where it stands, for people."""


class Closure:
    """What was found, at one moment."""

    def __init__(
        self,
        roots: Iterable[Any],
        *,
        root: str | None = None,
        shallow: bool = False,
        mentions: Iterable[str] = (),
        ignored: Iterable[object] = (),
    ) -> None:
        """Walk from ``roots``; a shallow walk takes in what they are, and nothing that they reach.

        Members of classes count whose names reached code mentions, and those in ``mentions``. ``ignored`` are functions
        and classes, or their dotted names, that do not count although they are reached.
        """
        walker = Walker(root=root, shallow=shallow, ignored=ignored)
        walker.mention(frozenset(mentions))
        if not shallow:
            surroundings.always(walker)
        self.roots = [describe(walker, root, "") for root in roots]
        walker.run()
        self.nodes: dict[str, Node] = walker.nodes
        self.codes = walker.codes
        self.modules = walker.modules
        self.mentions = walker.mentions
        self.imports = walker.imports
        self.ignored = walker.ignored
        self.outside = walker.met
        self.watched = walker.watched
        self._kept = walker

    def pieces(self) -> list[Piece]:
        """List every piece: its name, its digest, where it stands."""
        return [(node.name, digest(node.kind, _sorted(node.what)), node.place) for _, node in sorted(self.nodes.items())]

    def tree(self) -> str:
        """Draw what counts and why, for people."""
        below: dict[str, list[Node]] = {}
        for node in self.nodes.values():
            below.setdefault(node.needed_by, []).append(node)
        lines: list[str] = []

        def draw(name: str, depth: int) -> None:
            for node in sorted(below.get(name, ()), key=lambda one: one.name):
                place = f"   {node.place}" if node.place else ""
                lines.append(f"{'  ' * depth}{node.name} ({node.kind}){place}")
                draw(node.name, depth + 1)

        draw("", 0)
        return "\n".join(lines)

    def files(self) -> list[Piece]:
        """List the files of the project's code that was found, by content."""
        found: list[Piece] = []
        for module in sorted(self.modules):
            path = origin.file_of(sys.modules.get(module))
            if path is not None and origin.of_file(path) == origin.PROJECT:
                found.append((f"{module_name(module)} (file)", _content(path), path))
        return found


def _sorted(what: Any) -> Any:
    """Put what was found one after the other into an order of its own."""
    if type(what) is not dict:
        return what
    found = {key: what[key] for key in ("members", "attributes") if key in what}
    return {**what, **{key: sorted(found[key].items()) for key in found}}


def _content(path: str) -> bytes:
    try:
        with _io.open(path, "rb") as file:
            return digest("file", file.read())
    except OSError:
        return digest("file", None)
