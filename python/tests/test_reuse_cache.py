"""The cache object and the cached function with a time to live.

Promises: time is turned by hand; nothing sleeps to win a race.
"""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict

import pytest
from heirloom.reuse import Cache, Cause, WeakValueCache, ttl_cache
from hypothesis import given
from hypothesis import strategies as st


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


STEPS = st.lists(st.tuples(st.sampled_from("gpdx"), st.integers(0, 9), st.integers(1, 4)), max_size=120)


@given(STEPS, st.integers(1, 12), st.integers(1, 6))
def test_it_is_a_bounded_dictionary_in_the_order_of_use(steps, maxsize, entries):
    cache, model = Cache(maxsize, getsizeof=lambda value: value, max_entries=entries), OrderedDict()
    for what, key, size in steps:
        if what == "g":
            assert cache.get(key) == model.get(key)
            if key in model:
                model.move_to_end(key)
        elif what == "p":
            cache[key] = size
            model.pop(key, None)
            if size <= maxsize:
                model[key] = size
            while len(model) > entries or sum(model.values()) > maxsize:
                model.popitem(last=False)
        elif what == "d":
            assert cache.pop(key, None) == model.pop(key, None)
        elif model:
            assert cache.popitem() == model.popitem(last=False)
        assert list(cache.items()) and dict(cache.items()) == dict(model) if model else len(cache) == 0
        assert cache.currsize == sum(model.values())


@given(STEPS)
def test_with_equal_costs_and_uses_cost_aware_is_lru_while_nobody_comes_back(steps):
    plain, aware, names = Cache(4), Cache(4, cost_aware=True), {}
    for number, (what, key, _) in enumerate(steps):
        for cache in (plain, aware):
            if what in "pd":
                cache.pop(names.get(key), None)
            if what == "p":
                cache[number] = key
        if what == "p":
            names[key] = number
        assert set(plain) == set(aware)


def test_the_uses_of_what_was_evicted_count_when_it_comes_back():
    cache = Cache(2, getsizeof=lambda size: size, cost_aware=True)
    cache["known"] = 1
    assert [cache["known"] for _ in range(5)] == [1] * 5
    cache["all of it"] = 2
    del cache["all of it"]
    for key in ("known", "a stranger", "another"):
        cache[key] = 1
    assert set(cache) == {"known", "another"}


def test_strangers_that_are_asked_for_once_pass_by_what_was_asked_for_twice():
    cache = Cache(2, cost_aware=True)
    cache["known"] = 1
    assert cache["known"] == 1
    for stranger in range(8):
        cache[stranger] = stranger
        assert set(cache) == {"known", stranger}


def test_of_sizes_that_are_fractions_the_large_one_goes():
    cache = Cache(1, getsizeof=lambda size: size, cost_aware=True)
    for key, size in (("small", 0.25), ("large", 0.5), ("new", 0.5)):
        cache.put(key, size, cost=1)
    assert dict(cache) == {"small": 0.25, "new": 0.5}


@pytest.mark.parametrize("cost", [float("inf"), float("nan"), -1.0])
def test_a_cost_that_is_no_time_leaves_the_order_whole(cost):
    cache = Cache(2, cost_aware=True)
    cache.put("odd", 0, cost=cost)
    del cache["odd"]
    for key, seconds in (("cheap", 1), ("dear", 50), ("new", 1)):
        cache.put(key, 0, cost=seconds)
    assert set(cache) == {"dear", "new"}


def test_what_is_dear_and_small_stays():
    cache = Cache(10, getsizeof=len, cost_aware=True)
    cache.put("dear", "ab", cost=5.0)
    for number in range(100):
        cache.put(number, "12345", cost=0.001)
    assert cache.peek("dear") == "ab"
    for number in range(100_000):
        cache.put(number, "12345", cost=1)
        if "dear" not in cache:
            return
    pytest.fail("age did not make it go")


@given(st.lists(st.tuples(st.sampled_from("gpt"), st.integers(0, 5), st.integers(0, 7)), max_size=100))
def test_what_is_over_is_never_found_and_always_freed(steps):
    clock, over = Clock(), []
    cache = Cache(
        ttl=10,
        idle=4,
        expire_after=lambda _, life: life or None,
        on_leave=lambda key, _, cause: over.append((key, cause)),
        timer=clock,
    )
    model: dict[int, list[float]] = {}
    for what, key, life in steps:
        model = {key: both for key, both in model.items() if min(both) > clock.now}
        if what == "t":
            clock.now += life
        elif what == "p":
            cache[key] = life
            model[key] = [clock.now + min(10, life or 10), clock.now + 4]
        else:
            assert (cache.get(key) is not None) == (key in model)
            if key in model:
                model[key][1] = clock.now + 4
    model = {key: both for key, both in model.items() if min(both) > clock.now}
    assert set(cache) == set(model)
    assert cache.stats().entries == len(model), "what is over was freed without being asked for"
    assert {cause for _, cause in over} <= {Cause.EXPIRED, Cause.REPLACED}


def test_the_heap_of_deadlines_does_not_grow_with_replacements():
    cache = Cache(2, ttl=1000)
    for number in range(10_000):
        cache[number % 2] = number
    assert cache._deadlines < 100


def test_the_listener_is_told_each_cause_and_may_use_the_cache():
    told = []
    cache = Cache(2, getsizeof=len, on_leave=lambda key, value, cause: told.append((key, cause, key in cache)))
    cache["a"] = "x"
    cache["a"] = "y"
    cache["b"], cache["c"] = "x", "x"
    del cache["b"]
    cache["big"] = "xxx"
    cache.clear()
    assert told == [
        ("a", Cause.REPLACED, True),
        ("a", Cause.EVICTED, False),
        ("b", Cause.REMOVED, False),
        ("big", Cause.TOO_LARGE, False),
        ("c", Cause.REMOVED, False),
    ]
    assert (cache.stats().evicted, cache.stats().refused) == (1, 1)


def test_a_listener_that_raises_leaves_the_cache_sound():
    def listen(key, value, cause):
        raise RuntimeError("not now")

    cache = Cache(1, on_leave=listen)
    cache["a"] = 1
    with pytest.raises(RuntimeError, match="not now"):
        cache["b"] = 2
    assert dict(cache.items()) == {"b": 2}


def test_a_listener_that_raises_leaves_no_build_in_the_air():
    clock, waiting, got = Clock(), [], []

    def listen(key, value, cause):
        # Who asks while the listener runs waits for a build that never begins, and must be let go.
        thread = threading.Thread(target=lambda: got.append(cache.get_or_create("b", lambda: 4)), daemon=True)
        thread.start()
        while not cache.stats().waited:
            threading.Event().wait(0.001)
        waiting.append(thread)
        raise RuntimeError("not now")

    cache = Cache(ttl=5, timer=clock, on_leave=listen)
    cache["a"] = 1
    clock.now = 5
    with pytest.raises(RuntimeError, match="not now"):
        cache.get_or_create("b", lambda: 2)
    waiting[0].join(60)
    assert got == [4]


def test_a_size_of_fractions_comes_back_to_nothing():
    cache = Cache(getsizeof=lambda value: value)
    cache.update(a=0.1, b=0.2, c=0.3)
    for key in "abc":
        del cache[key]
    assert cache.currsize == 0


def test_what_was_used_in_time_is_freed_when_its_time_comes():
    clock = Clock()
    cache = Cache(idle=5, timer=clock)
    cache["a"] = 1
    clock.now = 4
    assert cache["a"] == 1
    for clock.now, entries in ((5, 1), (9, 0)):
        cache.get("nobody")
        assert cache.stats().entries == entries


def test_of_ttl_and_an_entrys_own_time_the_earlier_counts():
    clock = Clock()
    cache = Cache(ttl=5, expire_after=lambda key, value: value, timer=clock)
    cache.update(sooner=3, later=8, neither=None)
    clock.now = 3
    assert list(cache.items()) == [("later", 8), ("neither", None)], "views have nothing that is over"
    clock.now = 5
    cache["later"] = 8
    assert cache.stats()[5:8] == (3, 0, 1), "one that was over was not replaced, it had expired"


def test_hits_free_what_is_over():
    clock, told = Clock(), []
    cache = Cache(idle=5, timer=clock, on_leave=lambda key, value, cause: told.append((key, cause)))
    cache["stays"], cache["goes"] = 1, 2
    for clock.now in (4, 8):
        assert cache["stays"] == 1
    assert (told, cache.stats().entries) == ([("goes", Cause.EXPIRED)], 1)


def test_what_is_over_makes_room_before_what_is_not():
    clock = Clock()
    cache = Cache(101, expire_after=lambda key, value: None if key == "stays" else 5, getsizeof=lambda value: value, timer=clock)
    cache["stays"] = 1
    for number in range(100):
        cache[number] = 1
    clock.now = 5
    cache["stays too"] = 100
    assert (list(cache), cache.stats().evicted, cache.stats().expired) == (["stays", "stays too"], 0, 100)


@pytest.mark.parametrize("make", [Cache, WeakValueCache])
def test_views_are_of_one_moment_and_no_use(make):
    table, things = make(), [Built() for _ in range(4)]
    table.update(enumerate(things))
    before = table.stats()
    pairs, values = iter(table.items()), iter(table.values())
    table.clear()
    assert (list(pairs), list(values)) == (list(enumerate(things)), things)
    table.update(enumerate(things))
    assert [pair in table.items() for pair in ((1, things[1]), (1, things[2]), (9, None))] == [True, False, False]
    assert [value in table.values() for value in (things[3], None)] == [True, False]
    assert set(table.items()) == set(enumerate(things))
    assert (list(table), table.stats()[:3]) == ([0, 1, 2, 3], before[:3])


def test_iterating_never_meets_a_missing_key_while_others_evict():
    cache, stop = Cache(8), threading.Event()

    def churn():
        number = 0
        while not stop.is_set():
            number += 1
            cache[number] = number

    threads = [threading.Thread(target=churn) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(2000):
            assert all(key == value for key, value in cache.items())
            assert len(list(cache.values())) <= 8
    finally:
        stop.set()
        for thread in threads:
            thread.join(60)


@pytest.mark.parametrize("make", [Cache, WeakValueCache])
def test_typed_tells_equal_keys_of_different_types_apart(make):
    keys = [1, 1.0, True, (1,), (1.0,), 0.0, -0.0, "1"]
    loose, typed = make(), make(typed=True)
    things = [Built() for _ in keys]
    for key, thing in zip(keys, things, strict=True):
        loose[key] = typed[key] = thing
    assert ([typed.peek(key) for key in keys], len(loose)) == (things, 4)
    del typed[1.0]
    assert (typed.get(1), typed.get(1.0), typed.get_or_create(True, None)) == (things[0], None, things[2])
    assert [key for key in typed if key == 1 and type(key) is bool] == [True]


def test_the_order_of_eviction_is_that_of_iteration_and_peeking_is_no_use():
    cache = Cache(3)
    cache.update(a=1, b=2, c=3)
    assert cache.peek("a") == 1
    assert "a" in cache
    cache["d"] = 4
    assert list(cache) == ["b", "c", "d"]
    assert cache.get("b") == 2
    assert cache.popitem() == ("c", 3)


class Built:
    pass


def herd(cache, key="k", count=8):
    """Let many threads ask at once for what one of them builds."""
    begun, go, built, got = threading.Event(), threading.Event(), [], []

    def build():
        built.append(1)
        begun.set()
        assert go.wait(60)
        return Built()

    threads = [threading.Thread(target=lambda: got.append(cache.get_or_create(key, build))) for _ in range(count)]
    threads[0].start()
    assert begun.wait(60)
    for thread in threads[1:]:
        thread.start()
    while cache.stats().waited < count - 1:
        threading.Event().wait(0.001)
    go.set()
    for thread in threads:
        thread.join(60)
    return len(built), got


def test_of_many_threads_one_builds():
    cache = Cache(10)
    built, got = herd(cache)
    assert (built, len(got), len(set(map(id, got)))) == (1, 8, 1)
    stats = cache.stats()
    assert (stats.misses, stats.hits, stats.builds, stats.waited) == (8, 0, 1, 7)


def test_when_a_builder_fails_one_who_waited_takes_over():
    cache, begun, go, errors = Cache(10), threading.Event(), threading.Event(), []

    def fail():
        begun.set()
        assert go.wait(60)
        raise ValueError("mine alone")

    def first():
        try:
            cache.get_or_create("k", fail)
        except ValueError as error:
            errors.append(str(error))

    got = []
    threads = [threading.Thread(target=first), threading.Thread(target=lambda: got.append(cache.get_or_create("k", lambda: 7)))]
    threads[0].start()
    assert begun.wait(60)
    threads[1].start()
    while not cache.stats().waited:
        threading.Event().wait(0.001)
    go.set()
    for thread in threads:
        thread.join(60)
    assert (errors, got, cache["k"]) == (["mine alone"], [7], 7)
    stats = cache.stats()
    assert (stats.misses, stats.waited, stats.builds) == (2, 1, 1), "each request counts once"


def test_what_is_not_kept_still_reaches_all_who_wait():
    built, got = herd(Cache(1, getsizeof=lambda value: 2))
    assert (built, len(got), len(set(map(id, got)))) == (1, 8, 1)


def test_a_builder_that_asks_for_its_own_key_does_not_hang():
    cache = Cache(10)
    assert cache.get_or_create("k", lambda: cache.get_or_create("k", lambda: 1) + 1) == 2
    assert cache["k"] == 2


def test_two_builders_that_wait_for_each_other_do_not_hang():
    cache, both, got = Cache(10), threading.Barrier(2), {}

    def build(own, other):
        both.wait(60)
        return cache.get_or_create(other, lambda: "inner")

    def ask(own, other):
        got[own] = cache.get_or_create(own, lambda: build(own, other))

    threads = [threading.Thread(target=ask, args=pair) for pair in (("a", "b"), ("b", "a"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert got == {"a": "inner", "b": "inner"}


@pytest.mark.parametrize("table", [Cache(10), WeakValueCache()])
def test_who_removes_or_puts_during_a_build_has_the_last_word(table):
    old, newer = Built(), Built()

    def build(meddle):
        meddle()
        return old

    assert table.get_or_create("a", lambda: build(lambda: table.pop("a", None))) is old
    assert "a" not in table
    assert table.get_or_create("b", lambda: build(lambda: table.__setitem__("b", newer))) is old
    assert table["b"] is newer
    assert table.get_or_create("c", lambda: build(table.clear)) is old
    assert len(table) == 0


def test_of_many_tasks_one_builds_and_a_cancelled_one_hands_over():
    cache, built = Cache(10), []

    async def build(gate):
        built.append(1)
        await gate.wait()
        return object()

    async def main():
        gate = asyncio.Event()
        tasks = [asyncio.create_task(cache.get_or_create_async("k", lambda: build(gate))) for _ in range(5)]
        while cache.stats().waited < 4:
            await asyncio.sleep(0)
        tasks[0].cancel()
        while len(built) < 2:
            await asyncio.sleep(0)
        gate.set()
        return await asyncio.gather(*tasks, return_exceptions=True)

    cancelled, *got = asyncio.run(main())
    assert isinstance(cancelled, asyncio.CancelledError)
    assert (len(built), len(set(map(id, got)))) == (2, 1)


def test_a_task_waits_for_a_thread():
    cache, begun, go = Cache(10), threading.Event(), threading.Event()

    def build():
        begun.set()
        assert go.wait(60)
        return "thread"

    thread = threading.Thread(target=cache.get_or_create, args=("k", build))

    async def main():
        thread.start()
        assert await asyncio.to_thread(begun.wait, 60)
        task = asyncio.create_task(cache.get_or_create_async("k", None))
        while not cache.stats().waited:
            await asyncio.sleep(0)
        go.set()
        return await task

    assert asyncio.run(main()) == "thread"
    thread.join(60)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"maxsize": 0}, "`maxsize` is 0, so nothing could ever be kept"),
        ({"maxsize": -1}, "`maxsize` is -1; give at least 0"),
        ({"max_entries": 0}, "`max_entries` is 0"),
        ({"ttl": 0}, "`ttl` is 0, so everything would be over at once"),
        ({"idle": -2.5}, "`idle` is -2.5; give at least 0"),
        ({"ttl": float("nan")}, "`ttl` is nan"),
        ({"max_entries": -3}, "`max_entries` is -3; give at least 0"),
    ],
)
def test_a_setting_that_cannot_work_is_refused(settings, said):
    with pytest.raises(ValueError, match=said):
        Cache(**settings)


def test_wrong_types_are_refused():
    with pytest.raises(TypeError, match="`maxsize` is '10', of type str; give a number or None"):
        Cache("10")
    with pytest.raises(TypeError, match="`getsizeof` is 3, which cannot be called"):
        Cache(1, getsizeof=3)
    with pytest.raises(ValueError, match="`getsizeof` gives -1 for 'v'; a size is at least 0"):
        Cache(1, getsizeof=lambda _: -1)["k"] = "v"


@pytest.mark.parametrize("use", [lambda c: c[[1]], lambda c: c.put([1], 1), lambda c: [1] in c, lambda c: c.pop([1])])
def test_an_unhashable_key_is_refused_in_one_sentence(use):
    with pytest.raises(TypeError, match=r"a cache cannot have the key \[1\]: unhashable type: 'list'; use a tuple"):
        use(Cache(2))


def test_a_missing_key_is_the_subclass_matter():
    class Squares(Cache):
        def __missing__(self, key):
            self[key] = key * key
            return self[key]

    assert Squares(2)[7] == 49
    with pytest.raises(KeyError):
        Cache(2)[7]


def test_values_die_when_every_thread_may_use_the_cache():
    cache, free = Cache(1), []

    class Fragile:
        def __del__(self):
            asked = threading.Thread(target=lambda: free.append(cache["b"]))
            asked.start()
            asked.join()

    cache["a"] = Fragile()
    cache["b"] = 1
    assert free == [1]


def test_ttl_cache_follows_functools():
    clock, calls = Clock(), []

    @ttl_cache(maxsize=2, ttl=10, timer=clock)
    def double(number, plus=0):
        """Twice as much."""
        calls.append(number)
        return 2 * number + plus

    assert (double(1), double(1), double(1, plus=3), double.__name__, double.__doc__) == (2, 2, 5, "double", "Twice as much.")
    assert double.cache_info() == (1, 2, 2, 2)
    assert double.cache_parameters() == {"maxsize": 2, "ttl": 10, "typed": False}
    clock.now = 10
    assert (double(1), calls) == (2, [1, 1, 1])
    double.cache_clear()
    assert double.cache_info().currsize == 0
    assert double.__wrapped__(4) == 8


def test_ttl_cache_tells_spellings_apart_that_mean_other_calls():
    calls = []

    @ttl_cache(typed=True)
    def call(*args, **kwargs):
        calls.append((args, kwargs))

    call("a", 1), call(a=1), call(("a", 1)), call(a=1.0), call(a=1, b=2), call(b=2, a=1)
    assert calls == [(("a", 1), {}), ((), {"a": 1}), ((("a", 1),), {}), ((), {"a": 1.0}), ((), {"a": 1, "b": 2})]

    loose = ttl_cache()(lambda *args, **kwargs: (args, kwargs))
    assert (loose("a", 1), loose(a=1)) == ((("a", 1), {}), ((), {"a": 1}))


def test_ttl_cache_typed_and_methods_and_tasks():
    @ttl_cache(typed=True)
    def kind(value):
        return type(value).__name__

    assert (kind(1), kind(1.0), kind(True)) == ("int", "float", "bool")

    class Shop:
        calls = 0

        @ttl_cache()
        def price(self, what):
            self.calls += 1
            return len(what)

    one, other = Shop(), Shop()
    assert (one.price("tea"), one.price("tea"), one.calls, other.calls) == (3, 3, 1, 0)

    @ttl_cache(ttl=60)
    async def slow(value):
        return object()

    async def main():
        return await asyncio.gather(slow(1), slow(1))

    first, second = asyncio.run(main())
    assert first is second
    with pytest.raises(TypeError, match=r"`test_.*kind` is cached by its arguments, and one cannot be hashed"):
        kind([])
    with pytest.raises(TypeError, match="takes its settings first"):
        ttl_cache(kind)
    with pytest.raises(ValueError, match="`ttl` is 0"):
        ttl_cache(ttl=0)(len)
