"""What a code object says of itself, read once.

Promises: reading the same code again costs a look into a table. Refuses: to judge; ``code/facts.rs`` decides what counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from heirloom._heirloom import read_code

if TYPE_CHECKING:
    from types import CodeType


class Facts:
    """What counts of one code object, with the functions that are written inside it."""

    __slots__ = ("chains", "digest", "imports", "mentions")

    def __init__(
        self,
        digest: bytes,
        chains: tuple[tuple[str, ...], ...],
        mentions: frozenset[str],
        imports: tuple[tuple[str, int, tuple[str, ...]], ...],
    ) -> None:
        self.digest = digest
        self.chains = chains
        """Globals, each with the attributes that are taken from it at once."""
        self.mentions = mentions
        """Every attribute that is taken from anything, and every text that could be a name."""
        self.imports = imports
        """Imports inside the body: module, level, names."""


_known: dict[int, tuple[CodeType, Facts]] = {}


def read(code: CodeType) -> Facts:
    """Read a code object."""
    known = _known.get(id(code))
    if known is None:
        digest, chains, mentions, imports = read_code(code)
        named = tuple((module, level, tuple(names)) for module, level, names in imports)
        facts = Facts(digest, tuple(tuple(chain) for chain in chains), frozenset(mentions), named)
        # The code is kept, so that its address is not another's later.
        known = _known[id(code)] = (code, facts)
    return known[1]
