"""Nothing leaks: hits, misses and errors leave neither references nor memory behind, however many they are."""

from __future__ import annotations

import contextlib
import gc
import itertools
import sys
import tracemalloc
import weakref
from pathlib import Path

import pytest
from heirloom import Store

CALLS = 20_000


class Thing:
    """What references are counted of."""

    def __init__(self, name="thing"):
        self.name = name

    def __heirloom_key__(self):
        return self.name


def hits(calls):
    """Make hits of each call shape; return what was handed around."""
    store, argument, named = Store(), Thing("a"), Thing("b")
    table = store.cached(lambda x=None, *, y=None: [x is None, y is None], name="hits")
    copied = store.cached(lambda x: [1], name="copied", copy=True)
    value = table(argument, y=named)
    objects = [argument, named, value, table]
    before = [sys.getrefcount(one) for one in objects]
    for _ in range(calls):
        table()
        table(argument)
        table(argument, y=named)
        table(x=argument, y=named)
        copied(argument)
        table.state(argument, y=named)
    gc.collect()
    return before, [sys.getrefcount(one) for one in objects]


def test_hits_leave_no_reference():
    hits(10)
    before, after = hits(CALLS // 20)
    # The spellings that were seen keep their arguments; there are four, however many calls are made.
    assert all(now - then <= 8 for then, now in zip(before, after, strict=True)), (before, after)


def test_errors_leave_no_reference_to_arguments_or_exceptions():
    store, argument, error = Store(), Thing(), LookupError("nothing there")

    @store.cached
    def broken(x):
        raise error

    def ask():
        with pytest.raises(LookupError):
            broken(argument)
        with pytest.raises(TypeError):
            broken(lock)
        with pytest.raises(TypeError):
            broken(argument, 1, 2, wrong=3)
        error.__traceback__ = None

    lock = sys.stdout.buffer
    ask()
    gc.collect()
    before = [sys.getrefcount(one) for one in (argument, error, lock, broken)]
    for _ in range(100):
        ask()
    gc.collect()
    after = [sys.getrefcount(one) for one in (argument, error, lock, broken)]
    assert all(now - then <= 8 for then, now in zip(before, after, strict=True)), (before, after)


def test_forgotten_objects_are_freed(heirloom_store):
    alive = []

    @heirloom_store.cached
    def table(x):
        return Thing(str(x))

    for x in range(20):
        alive.append(weakref.ref(table(x)))
        assert table.forget(x) == 1
    gc.collect()
    assert sum(one() is not None for one in alive) <= 1


def grown(work, times):
    """Tell how many objects, and bytes, Python holds more after so much work: the least of three rounds.

    A table that is made larger is so in one of them; what leaks, leaks in all.
    """
    work(times // 2)
    tracemalloc.start()
    try:
        rounds = []
        for _ in range(3):
            gc.collect()
            before = len(gc.get_objects()), tracemalloc.get_traced_memory()[0]
            work(times)
            gc.collect()
            rounds.append((len(gc.get_objects()) - before[0], tracemalloc.get_traced_memory()[0] - before[1]))
        return tuple(map(min, zip(*rounds, strict=True)))
    finally:
        tracemalloc.stop()


def resident():
    """Tell how many bytes this process holds in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def works(size):
    """Make what can be done again and again with objects and exceptions of a size."""
    store = Store(memory=4 * size + 100_000)
    argument, counted, lock = Thing(), itertools.count(1000), sys.stdout.buffer
    table = store.cached(lambda x: bytes(size), name="table", code="manual")

    @store.cached(code="manual")
    def broken(x):
        raise LookupError(bytes(size))

    def miss():
        table(next(counted))
        table.cache_clear()

    def error():
        with contextlib.suppress(LookupError):
            broken(argument)

    def refusal():
        with contextlib.suppress(TypeError):
            table(lock)

    def hit():
        table(argument)

    return {"hits": hit, "misses": miss, "errors": error, "refusals": refusal}


@pytest.mark.parametrize(("kind", "times"), [("hits", 20_000), ("misses", 60), ("errors", 60), ("refusals", 500)])
def test_pythons_memory_does_not_grow(kind, times):
    once = works(2000)[kind]

    def work(times):
        for _ in range(times):
            once()

    objects, size = grown(work, times)
    assert objects < times / 2
    # Python's own cache of attributes holds some short names after each build; a value or an exception has 2,000 bytes.
    assert size < times * (500 if kind in ("misses", "errors") else 8)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the resident memory in /proc/self/statm")
@pytest.mark.parametrize(("kind", "times"), [("hits", 250_000), ("misses", 80), ("errors", 80)])
def test_the_process_does_not_grow(kind, times):
    once = works(300_000)[kind]
    for _ in range(times // 4):
        once()
    gc.collect()
    before = resident()
    for _ in range(times):
        once()
    gc.collect()
    # One object kept for each miss or error would be 24 MB, sixteen bytes for each hit 4 MB.
    assert resident() - before < 3_500_000
