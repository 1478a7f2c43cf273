"""Calls of the hand-made types, over and over, in an interpreter that counts: no reference and no block may be left over.

    PYTHONMALLOC=debug PYTHONPATH=python python tests/faults/counted.py

A program of its own, because the debug hooks of the allocator must be there from the start; ``test_counted.py`` runs it. In
a debug build of Python (``--with-pydebug``) every reference is counted, too. Promises: each road of a call is walked: hits of
every kind, misses, errors, deaths. Refuses: to count what other threads do.
"""

from __future__ import annotations

import functools
import gc
import os
import sys
import tempfile
from typing import TYPE_CHECKING, Any

_home = tempfile.TemporaryDirectory(prefix="heirloom-counted-")
os.environ["XDG_CONFIG_HOME"] = _home.name

import heirloom  # noqa: E402 - the home comes first

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 500
ALLOWED = ROUNDS // 2
"""What a table of the interpreter or of the engine may still grow by: far below one in each round."""


class Key(str):
    """A text that is none."""

    __slots__ = ()


class BadHash:
    """Cannot be hashed."""

    __hash__ = None  # type: ignore[assignment]


class RaisingEq:
    """Hashes like its like, and raises when it is compared."""

    def __hash__(self) -> int:
        return 7

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("no comparison")


def refuses(call: Callable[[], Any]) -> Callable[[], None]:
    """Turn a call that raises into one that does not."""

    def quiet() -> None:
        try:
            call()
        except (TypeError, RuntimeError, ValueError, heirloom.HeirloomError):
            return
        raise AssertionError("it must raise")

    return quiet


def fail(x: Any) -> Any:
    """Raise for every argument."""
    raise ValueError(x)


def roads_of_lru() -> dict[str, Callable[[], Any]]:
    """Every road of the drop-in for ``functools.lru_cache``."""
    plain = heirloom.lru_cache(maxsize=8)(lambda *args, **named: object())
    typed = heirloom.lru_cache(maxsize=8, typed=True)(lambda *args: object())
    raising = heirloom.lru_cache(maxsize=8)(fail)
    none = heirloom.lru_cache(maxsize=0)(lambda x: x)
    every = iter(range(10**9))
    meeting = heirloom.lru_cache(maxsize=8)(lambda x: x)
    meeting(RaisingEq())

    class Owner:
        @heirloom.lru_cache(maxsize=4)
        def method(self, x: int) -> int:
            return x

    owner = Owner()
    return {
        "lru: hits": lambda: (plain(), plain(1), plain("a", 2), plain((1, 2)), plain(1, b=2), plain(Key("a")), plain(300.5)),
        "lru: evictions": lambda: plain(next(every)),
        "lru: typed": lambda: (typed(1), typed(1.0), typed(True)),
        "lru: errors": refuses(lambda: raising(1)),
        "lru: what cannot be hashed": refuses(lambda: plain(BadHash())),
        "lru: a comparison that raises": refuses(lambda: meeting(RaisingEq())),
        "lru: size 0": lambda: none(1),
        "lru: methods": lambda: (owner.method(1), owner.method(x=2)),
        "lru: a life": lambda: heirloom.lru_cache(lambda x: x)(1),
        "lru: a circle": lambda: circle(heirloom.lru_cache(lambda x: x)),
        "lru: clear and info": lambda: (plain.cache_info(), typed.cache_clear()),
    }


def circle(cached: Any) -> None:
    """Make something that only the collector of circles can end."""
    cached.itself = cached
    cached.cache_info()


def roads_of_cached() -> dict[str, Callable[[], Any]]:
    """Every road of ``heirloom.cached``."""
    store = heirloom.Store(settings=None, memory="1 MB")

    @store.cached(name="plain", code="manual", ignore=("quiet",))
    def plain(x: Any, y: int = 2, *rest: int, z: Any = None, quiet: bool = False) -> Any:
        return [x, y]

    @store.cached(name="none", code="manual")
    def none() -> Any:
        return "none"

    @store.cached(name="raising", code="manual")
    def raising(x: Any) -> Any:
        raise ValueError(x)

    return {
        "cached: hits": lambda: (none(), plain(1), plain("a"), plain((1, 2)), plain(x=1), plain(1, 2, 3), plain(1, z="z")),
        "cached: ignored": lambda: plain(1, quiet=True),
        "cached: bindings that fail": refuses(lambda: plain()),
        "cached: no argument allowed": refuses(lambda: none(1)),
        "cached: errors": refuses(lambda: raising(1)),
        "cached: bypass": lambda: plain.bypass(1),
        "cached: forget and build": lambda: (plain.forget(5), plain(5)),
        "cached: as a partial": lambda: functools.partial(plain, 1)(y=2),
        "cached: a life": lambda: circle(store.cached(fail, name="a life", code="manual")),
    }


def growth(call: Callable[[], Any]) -> tuple[int, int]:
    """Tell how many blocks and how many references (0 where they are not counted) stay after many rounds."""
    total = getattr(sys, "gettotalrefcount", lambda: 0)
    for _ in range(ROUNDS):
        call()
    gc.collect()
    before = sys.getallocatedblocks(), total()
    for _ in range(ROUNDS):
        call()
    gc.collect()
    return sys.getallocatedblocks() - before[0], total() - before[1]


def main() -> int:
    """Walk every road; return 1 when something was left over."""
    bad = 0
    for name, call in {**roads_of_lru(), **roads_of_cached()}.items():
        blocks, references = growth(call)
        wrong = max(blocks, references) > ALLOWED
        bad += wrong
        print(f"{'LEFT OVER' if wrong else 'fine'}: {name}: {blocks} blocks, {references} references in {ROUNDS} rounds")
    return int(bool(bad))


if __name__ == "__main__":
    sys.exit(main())
