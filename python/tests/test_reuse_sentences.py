"""Bad input to the tools of reuse: one clear sentence each, word by word."""

from __future__ import annotations

import pytest
from heirloom.reuse import (
    BufferPool,
    Cache,
    Interner,
    Observers,
    Pool,
    PoolError,
    PoolTimeoutError,
    WeakValueCache,
    flyweight,
    flyweight_stats,
    ttl_cache,
)


class Door:
    """Something to lend."""

    def __repr__(self) -> str:
        return "Door()"


class Slim:
    """Something without room for a weak reference."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "Slim()"


@flyweight
class Maker:
    """A shared maker."""

    def __init__(self, name):
        self.name = name


def twice():
    """Release one object twice."""
    pool = Pool(Door)
    door = pool.acquire()
    pool.release(door)
    pool.release(door)


def late():
    """Wait for what does not come."""
    pool = Pool(Door, max_size=1)
    held = pool.acquire()
    pool.acquire(timeout=0)
    pool.release(held)


def broken_reset():
    """Give back what cannot be reset."""

    def reset(door):
        raise OSError("wire cut")

    pool = Pool(Door, reset=reset)
    pool.release(pool.acquire())


def page_twice():
    """Give a buffer back twice."""
    page = BufferPool([8]).lend(3)
    page.release()
    page.release()


KEY = "cannot have the key [1]: unhashable type: 'list'; use a tuple or a frozen copy"
OVER = "is 0, so everything would be over at once; give seconds above 0, or None for no end"
KEPT = "is 0, so nothing could ever be kept; give at least 1, or None for no bound"
ONCE = "give each object back once, to the pool it came from"
HELD = "wrap it in a class of your own, or use a `Cache`, which holds its values itself"

SENTENCES = [
    (lambda: Cache(0), ValueError, f"`maxsize` {KEPT}"),
    (lambda: Cache(-1), ValueError, "`maxsize` is -1; give at least 0, or None for no bound"),
    (lambda: Cache(max_entries=0), ValueError, f"`max_entries` {KEPT}"),
    (lambda: Cache(ttl=0), ValueError, f"`ttl` {OVER}"),
    (lambda: Cache(ttl=-1), ValueError, "`ttl` is -1; give at least 0, or None for no bound"),
    (lambda: Cache(idle=0), ValueError, f"`idle` {OVER}"),
    (lambda: Cache("1"), TypeError, "`maxsize` is '1', of type str; give a number or None"),
    (lambda: Cache(on_leave=3), TypeError, "`on_leave` is 3, which cannot be called; give a function or leave it out"),
    (lambda: Cache()[[1]], TypeError, f"a cache {KEY}"),
    (lambda: Cache().get_or_create([1], Door), TypeError, f"a cache {KEY}"),
    (lambda: Cache(getsizeof=lambda _: -1).put(1, "v"), ValueError, "`getsizeof` gives -1 for 'v'; a size is at least 0"),
    (
        lambda: Cache(getsizeof=lambda _: "large").put(1, "v"),
        TypeError,
        "`getsizeof` gives 'large' for 'v'; a size is at least 0",
    ),
    (
        lambda: Cache(expire_after=lambda *_: float("nan")).put(1, "v"),
        ValueError,
        "`expire_after` gives nan for 'v'; give seconds, or None for no end of its own",
    ),
    (
        lambda: Cache(expire_after=lambda *_: "soon").put(1, "v"),
        TypeError,
        "`expire_after` gives 'soon' for 'v'; give seconds, or None for no end of its own",
    ),
    (lambda: Cache(typed=True)[[1]], TypeError, f"a cache {KEY}"),
    (lambda: WeakValueCache(typed=True)[[1]], TypeError, f"a WeakValueCache {KEY}"),
    (lambda: Cache().popitem(), KeyError, "'the cache is empty'"),
    (lambda: ttl_cache(ttl=0)(len), ValueError, f"`ttl` {OVER}"),
    (lambda: ttl_cache(0)(len), ValueError, f"`maxsize` {KEPT}"),
    (
        lambda: ttl_cache()(len)([1]),
        TypeError,
        "`len` is cached by its arguments, and one cannot be hashed: unhashable type: 'list'",
    ),
    (lambda: WeakValueCache().get([1]), TypeError, f"a WeakValueCache {KEY}"),
    (
        lambda: WeakValueCache().__setitem__("k", 7),
        TypeError,
        f"a WeakValueCache cannot hold 7: Python keeps no weak references to int objects; {HELD}",
    ),
    (
        lambda: WeakValueCache().get_or_create("k", lambda: "text"),
        TypeError,
        f"a WeakValueCache cannot hold 'text': Python keeps no weak references to str objects; {HELD}",
    ),
    (
        lambda: WeakValueCache().__setitem__("k", (1, 2)),
        TypeError,
        f"a WeakValueCache cannot hold (1, 2): Python keeps no weak references to tuple objects; {HELD}",
    ),
    (
        lambda: WeakValueCache().__setitem__("k", Slim()),
        TypeError,
        "a WeakValueCache cannot hold Slim(): Python keeps no weak references to Slim objects; "
        'add "__weakref__" to the `__slots__` of Slim',
    ),
    (lambda: Interner().intern([1]), TypeError, "[1] cannot be interned: unhashable type: 'list'"),
    (
        lambda: Maker([1]),
        TypeError,
        "Maker is a flyweight: its arguments are its key, and unhashable type: 'list'",
    ),
    (lambda: flyweight_stats(Door), TypeError, f"{Door!r} is no flyweight class; decorate it with `@flyweight`"),
    (lambda: Pool(Door, max_size=0), ValueError, "`max_size` is 0; give at least 1, or None for no bound"),
    (lambda: Pool(Door, max_size=-3), ValueError, "`max_size` is -3; give at least 1, or None for no bound"),
    (lambda: Pool(Door, idle_time=0), ValueError, f"`idle_time` {OVER}"),
    (lambda: Pool(Door).acquire(-1), ValueError, "`timeout` is -1; give at least 0, or None for no bound"),
    (lambda: Pool(Door).release(Door()), ValueError, f"Door() is not lent by this pool, or was given up as lost; {ONCE}"),
    (twice, ValueError, f"Door() was given back already; {ONCE}"),
    (late, PoolTimeoutError, "no object came free within 0 s; all 1 are out"),
    (
        broken_reset,
        PoolError,
        "the reset of Door() raised OSError: wire cut; the object was thrown away, and its place is free",
    ),
    (lambda: BufferPool([0]), ValueError, "`sizes` is 0; give at least 1, or None for no bound"),
    (lambda: BufferPool([8]).lend(-1), ValueError, "`length` is -1; give at least 0, or None for no bound"),
    (page_twice, ValueError, "Buffer of 8 was given back already; give each buffer back once"),
    (
        lambda: Observers().add(7),
        TypeError,
        "7 cannot observe, because it cannot be called; add a function or a bound method",
    ),
]


@pytest.mark.parametrize(("call", "kind", "said"), SENTENCES, ids=[said[:40] for _, _, said in SENTENCES])
def test_bad_input_is_told_in_one_sentence(call, kind, said):
    with pytest.raises(kind) as raised:
        call()
    assert str(raised.value) == said
    assert type(raised.value) is kind
