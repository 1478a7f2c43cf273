"""What importing the project's modules does to others: a seed, a registered dialect, a patched library.

Such a statement counts like code of the builder, where the library that it acts on is reached. Promises: 1. it is read off
the text, so it counts whatever else was imported in this process; 2. modules that are imported at the top, and those that they
import, count alike. Refuses: how loggers are set up, warnings, and what else tells people and decides no result.
"""

from __future__ import annotations

import _io
import os
import re
import sys
from typing import TYPE_CHECKING

from heirloom._closure import modules, origin

if TYPE_CHECKING:
    import ast

    from heirloom._closure.walker import Walker

_IMPORT = re.compile(rb"^(?:from[ \t]+([.\w]+)[ \t]+import[ \t]+(\([^)]*\)|[^\n#;]*)|import[ \t]+([^\n#;]+))", re.MULTILINE)
_INDENTED = re.compile(
    rb"^(?:try|if(?![ \t]+__name__)|with|for|while|else|elif|except|finally)\b[^\n]*:[ \t]*(?:#[^\n]*)?\n"
    rb"((?:[ \t]+[^\n]*\n|\s*\n)+)",
    re.MULTILINE,
)
_ACTS = re.compile(
    rb"^(?:[A-Za-z_][\w.]*[ \t]*[(\[]|__import__|del\b"
    rb"|[A-Za-z_]\w*(?:\.\w+)+[ \t]*(?:[-+*/|&^%@]|//|\*\*|<<|>>)?=[^=])",
    re.MULTILINE,
)
"""How a line at the top may begin that does something to others; without one, the text is not parsed."""


class Text:
    """What counts of a module's text here."""

    __slots__ = ("imports", "statements")

    def __init__(self, imports: tuple[tuple[str, int, tuple[str, ...]], ...], statements: tuple[ast.stmt, ...]) -> None:
        self.imports = imports
        """Module, level, names."""
        self.statements = statements
        """What may act on others."""


_known: dict[str, tuple[tuple[int, int, int], Text]] = {}


def take_in(walker: Walker) -> bool:
    """Take in what importing the reached modules does to what is reached; say whether there was more of it."""
    found = False
    for name in _imported(walker):
        module = sys.modules.get(name)
        if module is None:
            continue
        for at, statement in enumerate(_text(name).statements):
            key = (name, at)
            if key in walker.acts:
                continue
            from heirloom._closure.acting import EVERYWHERE, acted_on, take

            on = set(acted_on(statement, module))
            if not on or not (on & EVERYWHERE or on & _reached(walker)):
                continue
            walker.acts.add(key)
            take(walker, module, statement, at)
            found = True
    return found


def _reached(walker: Walker) -> set[str]:
    """The top modules from outside that reached code names."""
    reached = {qualified.partition(".")[0] for qualified, _ in walker.met}
    reached |= {module.partition(".")[0] for (module, level, _), _, _ in walker.imports if not level}
    return reached | walker.mentions


def _imported(walker: Walker) -> list[str]:
    """List the project's modules that the reached ones import at the top, and those that they import."""
    found: dict[str, None] = {}
    waiting = sorted(one for one in walker.modules if isinstance(one, str))
    while waiting:
        name = waiting.pop()
        module = sys.modules.get(name)
        if name in found or module is None or origin.of_module(name) != origin.PROJECT:
            continue
        found[name] = None
        package = vars(module).get("__package__")
        for asked, level, names in _text(name).imports:
            base = modules.absolute(asked, level, package)
            waiting += [one for one in modules.line(base) if one in sys.modules and one not in found]
            waiting += [f"{base}.{one}" for one in names if f"{base}.{one}" in sys.modules]
    return sorted(found)


def _text(name: str) -> Text:
    path = origin.file_of(sys.modules.get(name))
    empty = Text((), ())
    if path is None or not path.endswith(".py"):
        return empty
    try:
        stat = os.stat(path)
        stamp = (stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)
        known = _known.get(path)
        if known is None or known[0] != stamp:
            with _io.open(path, "rb") as file:
                known = _known[path] = (stamp, _look(file.read()))
    except OSError:
        return empty
    return known[1]


def _look(text: bytes) -> Text:
    imports: list[tuple[str, int, tuple[str, ...]]] = []
    blocks = [text, *(re.sub(rb"(?m)^[ \t]+", b"", block) for block in _INDENTED.findall(text))]
    for found in (one for block in blocks for one in _IMPORT.findall(block)):
        base, names, plain = (part.decode(errors="replace") for part in found)
        if plain:
            imports += [(one.split()[0], 0, ()) for one in plain.split(",") if one.split()]
        else:
            level = len(base) - len(base.lstrip("."))
            asked = tuple(one.split()[0] for one in names.strip("()").replace("\n", " ").split(",") if one.split())
            imports.append((base.lstrip("."), level, asked))
    statements: tuple[ast.stmt, ...] = ()
    if any(_ACTS.search(block) for block in blocks):
        # Imported only here: a process whose modules do nothing to others needs no syntax trees for its first hit.
        from heirloom._closure.acting import acting

        statements = acting(text)
    return Text(tuple(imports), statements)
