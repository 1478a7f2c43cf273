"""What the compiled half of `heirloom.reuse` owes to Python: keys that do anything, the collector, references, `fork`.

Promises: nothing here waits for a race; a fork is made where another thread is known to build.
"""

from __future__ import annotations

import gc
import os
import random
import signal
import sys
import threading
import weakref

import pytest
from heirloom.reuse import Cache, Cause, Interner, Pool, WeakValueCache, flyweight, intern, ttl_cache


class Thing:
    """Something that can be held weakly."""


class Meddler:
    """A key that is equal by its number, and meddles with a table whenever it is compared."""

    meddle = staticmethod(lambda: None)

    def __init__(self, number):
        self.number = number

    def __hash__(self):
        return 1

    def __eq__(self, other):
        Meddler.meddle()
        return isinstance(other, Meddler) and self.number == other.number


@pytest.fixture(autouse=True)
def _quiet():
    yield
    Meddler.meddle = staticmethod(lambda: None)


def meddling(table, make, seed):
    """Meddle at random, but not while meddling."""
    chance, busy = random.Random(seed), []

    def meddle():
        if busy:
            return
        busy.append(1)
        try:
            key = Meddler(chance.randrange(6))
            match chance.randrange(5):
                case 0:
                    table[key] = make(key.number)
                case 1:
                    table.pop(key, None)
                case 2:
                    table.get(key)
                case 3 if chance.randrange(4) == 0:
                    table.clear()
                case _:
                    gc.collect(0)
        finally:
            busy.pop()

    return meddle


@pytest.mark.parametrize("make", [lambda: Cache(4), lambda: Cache(4, cost_aware=True, ttl=60), WeakValueCache])
@pytest.mark.parametrize("seed", range(3))
def test_keys_may_use_the_table_while_they_are_compared(make, seed):
    table, held, chance = make(), [], random.Random(seed)

    def thing(number):
        held.append(Thing())
        held[-1].number = number
        return held[-1]

    Meddler.meddle = staticmethod(meddling(table, thing, seed))
    for _ in range(400):
        number = chance.randrange(6)
        key = Meddler(number)
        match chance.randrange(4):
            case 0:
                table[key] = thing(number)
            case 1:
                assert table.pop(key, thing(number)).number == number
            case 2:
                assert table.get_or_create(key, lambda number=number: thing(number)).number == number
            case _:
                assert table.get(key, thing(number)).number == number
    Meddler.meddle = staticmethod(lambda: None)
    keys = list(table)
    assert len(keys) == len(table) == len({key.number for key in keys})
    assert [table[key].number for key in keys] == [key.number for key in keys]


def test_a_place_that_was_given_away_during_a_comparison_is_not_handed_out():
    cache, meddles = Cache(1), [True]

    class Key:
        def __hash__(self):
            return 1

        def __eq__(self, other):
            if meddles and meddles.pop():
                cache[Key()] = "of another"
                return True
            return False

    cache[Key()] = "gone"
    assert cache.get(Key()) is None
    assert list(cache.values()) == ["of another"]


class Rude:
    """A key that raises when it is compared with another one."""

    def __hash__(self):
        return 7

    def __eq__(self, other):
        raise RuntimeError("do not compare me")


@pytest.mark.parametrize("make", [lambda: Cache(4), WeakValueCache])
def test_what_a_comparison_raises_comes_out_and_leaves_the_table_whole(make):
    table, one, thing = make(), Rude(), Thing()
    table[one] = thing
    for use in (
        lambda key: table[key],
        lambda key: table.get(key),
        lambda key: key in table,
        lambda key: table.pop(key),
        lambda key: table.__setitem__(key, thing),
        lambda key: table.get_or_create(key, Thing),
    ):
        with pytest.raises(RuntimeError, match="do not compare me"):
            use(Rude())
    assert (table[one], len(table), list(table)) == (thing, 1, [one])
    del table[one]
    assert len(table) == 0


@pytest.mark.parametrize("make", [lambda: Cache(8), WeakValueCache])
def test_a_build_that_another_begins_during_a_comparison_is_waited_for(make):
    table, begun, there = make(), [], Thing()
    table[Meddler(1)] = there

    def begin():
        if not begun:
            begun.append(None)
            begun[0] = table._seat(Meddler(2), False)

    Meddler.meddle = staticmethod(begin)
    flight, mine, _ = table._seat(Meddler(2), False)
    assert (flight is begun[0][0], mine, begun[0][1]) == (True, False, True)


def test_a_builder_may_raise_anything():
    for table in (Cache(4), WeakValueCache()):
        for error in (StopIteration(3), KeyboardInterrupt(), GeneratorExit(), StopAsyncIteration()):

            def fail(error=error):
                raise error

            with pytest.raises(type(error)) as raised:
                table.get_or_create("k", fail)
            assert raised.value is error
        thing = Thing()
        assert table.get_or_create("k", lambda thing=thing: thing) is thing


def test_the_listener_hears_of_everything_also_when_it_raises_each_time():
    told = []

    def listen(key, value, cause):
        told.append((key, value, cause))
        raise ValueError(key)

    cache = Cache(5, getsizeof=len, on_leave=listen)
    cache["a"], cache["b"] = "12", "34"
    with pytest.raises(ValueError, match="a"):
        cache["c"] = "12345"
    assert told == [("a", "12", Cause.EVICTED), ("b", "34", Cause.EVICTED)]
    assert dict(cache.items()) == {"c": "12345"}


def test_a_subclass_weighs_by_its_own_method_and_missing():
    class Texts(Cache):
        def __init__(self, most):
            super().__init__(most)

        def getsizeof(self, value):
            return len(value)

        def __missing__(self, key):
            self[key] = made = key * 2
            return made

    texts = Texts(6)
    assert (texts["ab"], texts["c"], texts.currsize, texts.maxsize) == ("abab", "cc", 6, 6)
    texts["d"] = "1"
    assert list(texts) == ["c", "d"]


def cycles():
    """Objects of every kind, each part of a cycle through what it holds."""
    cache: Cache = Cache(4, on_leave=lambda *_: cache, expire_after=lambda *_: len(cache) + 9)
    cache["self"] = cache
    yield cache
    weak = WeakValueCache()
    weak.own, weak["self"] = weak, weak
    yield weak
    table = Interner()
    point = Thing()
    point.table = table
    table.kept = table.intern((point, table))
    yield table
    pool = Pool(list, reset=lambda _: pool)
    pool.acquire().append(pool)
    with pool.lend() as idle:
        idle.append(pool)
    yield pool

    @ttl_cache()
    def own(value):
        return own, value

    own(1)
    yield own
    pool = Pool(Thing)
    loan = pool.lend()
    loan.__enter__().loan = loan
    yield pool


def test_cycles_through_every_kind_are_collected():
    gc.collect()
    references = [weakref.ref(one) for one in cycles()]
    gc.collect()
    gc.collect()
    assert [reference() for reference in references] == [None] * 6


@flyweight
class Name:
    """A shared name."""

    def __init__(self, text):
        self.text = text


def uses(number, pool, cache, weak, table, function):
    """Use everything once, misses and errors included."""
    key, thing = (number % 7, "k"), Thing()
    cache[key] = thing
    cache.get(key)
    cache.get_or_create((number % 5, "x"), Thing)
    weak[key] = thing
    weak.get_or_create(number % 3, Thing)
    table.intern((number % 9, thing))
    table.intern(bytes(str(number % 9), "ascii") * 3)
    function(number % 6)
    function(number % 6, plus=2)
    Name(number % 4)
    with pool.lend() as lent:
        pool.release(pool.acquire())
    for wrong in (lambda: pool.release(lent), lambda: cache[[]], lambda: weak[None], lambda: intern([])):
        with pytest.raises((ValueError, TypeError, KeyError)):
            wrong()


def test_no_reference_is_lost_or_kept():
    function = ttl_cache(maxsize=3)(lambda value, plus=1: Thing())
    made = (Pool(Thing), Cache(3, ttl=60, cost_aware=True), WeakValueCache(), Interner(), function)

    def objects():
        made[3].sweep()
        gc.collect()
        return len(gc.get_objects()), sys.getrefcount(None), sum(isinstance(one, Thing) for one in gc.get_objects())

    for number in range(630):
        uses(number, *made)
    before = objects()
    for number in range(630, 3780):
        uses(number, *made)
    after = objects()
    assert after[2] == before[2]
    assert abs(after[0] - before[0]) < 300, "a leak of one object a round would be 3,150"
    assert abs(after[1] - before[1]) < 300


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_forked_child_waits_for_nobody_who_stayed_behind():
    cache, weak, pool = Cache(4), WeakValueCache(), Pool(Thing, max_size=2)
    begun, go, out = threading.Barrier(3), threading.Event(), [pool.acquire(), pool.acquire()]

    def build():
        begun.wait(60)
        assert go.wait(60)
        return Thing()

    builds = [threading.Thread(target=table.get_or_create, args=("k", build)) for table in (cache, weak)]
    waits = threading.Thread(target=lambda: pool.release(pool.acquire()))
    for thread in (*builds, waits):
        thread.start()
    begun.wait(60)
    while not pool.stats().waited:
        threading.Event().wait(0.001)
    child = os.fork()
    if child == 0:
        # One that waits for its parent's threads would do so for ever.
        signal.alarm(60)
        try:
            here = Thing()
            good = cache.get_or_create("k", lambda: 1) == 1 and weak.get_or_create("k", lambda: here) is here
            pool.release(out.pop())
            pool.release(pool.acquire())
            os._exit(0 if good else 1)
        finally:
            os._exit(2)
    go.set()
    pool.release(out.pop())
    for thread in (*builds, waits):
        thread.join(60)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert cache.stats().builds == weak.stats().builds == 1


def test_many_threads_keep_every_bound():
    cache = Cache(50, getsizeof=lambda value: value % 5 + 1, max_entries=20, on_leave=lambda *_: None)
    weak, table, wrong = WeakValueCache(), Interner(), []

    def work(seed):
        chance = random.Random(seed)
        for _ in range(2000):
            key = chance.randrange(60)
            if cache.get_or_create(key, lambda key=key: key) != key:
                wrong.append(key)
            if chance.randrange(4) == 0:
                cache.pop(key, None)
            shared = weak.get_or_create(key, Thing)
            if weak.get(key) is not shared or table.intern((key, "x")) != (key, "x"):
                wrong.append(key)
            del shared

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert (wrong, len(weak)) == ([], 0)
    assert len(cache) <= 20
    assert cache.currsize == sum(value % 5 + 1 for value in cache.values()) <= 50


def test_strictness_reaches_into_sets_and_nested_tuples():
    same = [(frozenset((1, 2)), -0.0), (frozenset((2, 1)), -0.0)]
    other = [(frozenset((1.0, 2)), -0.0), (frozenset((1, 2)), 0.0), (frozenset((1, True + 1)), -0.0)]
    one = intern(same[0])
    assert intern(same[1]) is one
    assert [intern(value) is one for value in other] == [False, False, True]
    assert intern((complex("nan"),)) is intern((complex("nan"),))
    deep: tuple = ()
    for _ in range(1000):
        deep = (deep,)
    with pytest.raises(RecursionError, match="nested more than 200 deep"):
        intern(deep)


def test_generic_names_and_pickled_errors():
    assert Cache[str, int].__origin__ is Cache
    assert WeakValueCache[str, Thing].__args__ == (str, Thing)
    with pytest.raises(KeyError) as raised:
        Cache(1)[(1, 2)]
    assert raised.value.args == ((1, 2),)
