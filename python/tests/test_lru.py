"""The drop-in for ``functools``: CPython's own suite, and what it does not ask."""

from __future__ import annotations

import collections
import functools
import gc
import pickle
import random
import sys
import threading
import types
import unittest
import weakref

import heirloom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

try:
    from test import test_functools as suite
except ImportError:
    suite = None

ours = types.SimpleNamespace(**{name: getattr(functools, name) for name in dir(functools) if not name.startswith("__")})
ours.lru_cache, ours.cache, ours._CacheInfo = heirloom.lru_cache, heirloom.cache, heirloom.CacheInfo


@heirloom.lru_cache()
def cached_func(x, y):
    return 3 * x + y


if suite is not None:

    class TestLRU(suite.TestLRU, unittest.TestCase):
        """What CPython asks of its own."""

        module = ours
        cached_func = (cached_func,)

        @heirloom.lru_cache()
        def cached_meth(self, x, y):
            return 3 * x + y

        @staticmethod
        @heirloom.lru_cache()
        def cached_staticmeth(x, y):
            return 3 * x + y

    class TestCache(suite.TestCache, unittest.TestCase):
        """The same for ``cache``."""

        module = ours

    cached_meth, cached_staticmeth = TestLRU.cached_meth, TestLRU.cached_staticmeth


@pytest.mark.skipif(suite is not None, reason="the suite runs as TestLRU")
def test_the_suite_of_cpython():
    pytest.skip("this interpreter ships no package `test`")


Call = st.tuples(
    st.lists(st.sampled_from([0, 1, 1.0, True, "1", "a", (1,), (True,), None, -0.0]), max_size=3),
    st.dictionaries(st.sampled_from("ab"), st.sampled_from([0, 1, 1.0, "x"]), max_size=2),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(Call, max_size=60), st.sampled_from([None, 0, 1, 2, 5]), st.booleans())
def test_it_hits_and_evicts_exactly_as_functools_does(calls, maxsize, typed):
    def body(*args, **kwargs):
        return object()

    theirs = functools.lru_cache(maxsize, typed)(body)
    mine = heirloom.lru_cache(maxsize, typed)(body)
    for args, kwargs in calls:
        theirs(*args, **kwargs)
        mine(*args, **kwargs)
        assert tuple(mine.cache_info()) == tuple(theirs.cache_info())


def test_what_is_dropped_may_call_the_function_again():
    class Loud:
        def __del__(self):
            if not inside:
                inside.append(self)
                f(random.randrange(5))
                if random.random() < 0.2:
                    f.cache_clear()
                inside.clear()

    inside = []
    f = heirloom.lru_cache(2)(lambda x: Loud())
    for x in range(200):
        f(x % 7)
    inside.append("enough")
    kept = f(1)
    assert f(1) is kept
    assert f.cache_info().currsize <= 2


def test_an_eq_that_raises_or_changes_the_table():
    class Key:
        def __init__(self, x, then):
            self.x, self.then = x, then

        def __hash__(self):
            return 1

        def __eq__(self, other):
            self.then()
            return self.x == other.x

    f = heirloom.lru_cache(3)(lambda key: key.x)
    f(Key(1, int))
    with pytest.raises(ZeroDivisionError):
        f(Key(2, lambda: 1 / 0))
    assert f(Key(2, f.cache_clear)) == 2
    for x in range(20):
        assert f(Key(x, lambda: f(Key(99, int)))) == x
    assert f.cache_info().currsize == 3


def test_wrong_first_arguments_are_refused():
    with pytest.raises(TypeError, match="Expected first argument to be an integer, a callable, or None"):
        heirloom.lru_cache("10")
    with pytest.raises(TypeError, match="unhashable"):
        heirloom.lru_cache(lambda x: x)([])


def test_cycles_are_collected():
    def make():
        @heirloom.lru_cache
        def f(x):
            return f, x

        f(1)
        return weakref.ref(f)

    ref = make()
    gc.collect()
    assert ref() is None


def test_nothing_leaks():
    class Value:
        pass

    f = heirloom.lru_cache(8)(lambda *args, **kwargs: Value())
    key, value = Value(), f("x")
    before = sys.getrefcount(key), sys.getrefcount(value)
    for _ in range(1000):
        f("x")
        f(key, a=key)
        with pytest.raises(TypeError):
            f([])
    f.cache_clear()
    assert sys.getrefcount(key) == before[0]
    assert sys.getrefcount(value) == before[1] - 1


def test_single_flight_computes_once():
    started, built = threading.Event(), []

    @heirloom.lru_cache(single_flight=True)
    def slow(x):
        built.append(x)
        started.wait(30)
        return object()

    found = []
    threads = [threading.Thread(target=lambda: found.append(slow(1))) for _ in range(8)]
    for thread in threads:
        thread.start()
    started.set()
    for thread in threads:
        thread.join()
    assert len(built) == 1
    assert len(set(map(id, found))) == 1


def test_single_flight_recursion_and_circles_compute():
    @heirloom.lru_cache(single_flight=True)
    def down(n, deep=True):
        return down(n, False) if deep is True and n == 0 else n and down(n - 1)

    assert down(30) == 0

    @heirloom.lru_cache(single_flight=True)
    def itself(n):
        if not asked:
            asked.append(n)
            return itself(n)
        return "computed"

    asked = []
    assert itself(1) == "computed"

    both = threading.Barrier(2)

    @heirloom.lru_cache(single_flight=True)
    def cross(x):
        if threading.get_ident() not in crossed:
            crossed.add(threading.get_ident())
            both.wait(30)
            return cross(1 - x)
        return x

    crossed, found = set(), []
    threads = [threading.Thread(target=lambda x=x: found.append(cross(x))) for x in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(found) == 2


def test_single_flight_after_an_error_the_next_tries():
    counts = collections.Counter()

    @heirloom.lru_cache(single_flight=True)
    def shaky(x):
        counts[x] += 1
        if counts[x] == 1:
            both.wait(30)
            raise ValueError(x)
        return x

    both = threading.Barrier(1)
    outcomes = []

    def ask():
        try:
            outcomes.append(shaky(1))
        except ValueError:
            outcomes.append("raised")

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(map(str, outcomes)) == ["1", "1", "1", "raised"]
    assert counts[1] == 2


def test_pickled_by_name():
    assert pickle.loads(pickle.dumps(cached_func)) is cached_func
