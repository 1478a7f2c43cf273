"""Pools of objects and of bytes."""

from __future__ import annotations

import asyncio
import gc
import io
import threading

import numpy as np
import pytest
from heirloom.reuse import BufferPool, Pool, PoolError, PoolTimeoutError
from hypothesis import given
from hypothesis import strategies as st
from test_reuse_cache import Clock


class Parser:
    made = 0

    def __init__(self):
        Parser.made += 1
        self.dirty = False


def soil(parser):
    parser.dirty = True


def clean(parser):
    parser.dirty = False


@given(st.lists(st.tuples(st.sampled_from("aardx"), st.integers(0, 9)), max_size=80), st.integers(1, 4), st.integers(0, 4))
def test_places_never_exceed_the_bound_and_every_object_is_somewhere(steps, max_size, max_idle):
    gone, out = [], []
    pool = Pool(Parser, max_size=max_size, max_idle=max_idle, reset=clean, destroy=gone.append)
    for what, which in steps:
        if what == "a" and len(out) < max_size:
            parser = pool.acquire(timeout=0)
            assert not parser.dirty
            assert not any(parser is other for other in [*out, *gone])
            soil(parser)
            out.append(parser)
        elif what == "a":
            with pytest.raises(PoolTimeoutError, match=f"no object came free within 0 s; all {max_size} are out"):
                pool.acquire(timeout=0)
        elif what in "rd" and out:
            (pool.release if what == "r" else pool.discard)(out.pop(which % len(out)))
        stats = pool.stats()
        assert stats.size == len(out) + stats.idle <= max_size
        assert stats.idle <= max_idle
        assert stats.made == len(out) + stats.idle + len(gone)


def test_a_block_gives_back_and_an_error_throws_away_or_not_by_choice():
    pool = Pool(Parser, max_size=1, reset=clean)
    with pool.lend() as first:
        soil(first)
    with pool.lend() as again:
        assert (again is first, again.dirty) == (True, False)
    with pytest.raises(ZeroDivisionError), pool.lend():
        raise ZeroDivisionError
    with pool.lend() as fresh:
        assert fresh is not first
    assert (pool.stats().discarded, pool.stats().made) == (1, 2)
    keeping = Pool(Parser, max_size=1, on_error="return")
    with pytest.raises(ZeroDivisionError), keeping.lend():
        raise ZeroDivisionError
    assert (keeping.stats().idle, keeping.stats().discarded) == (1, 0)


def test_objects_need_be_neither_hashable_nor_comparable_nor_true():
    pool = Pool(list, max_size=2, reset=list.clear)
    one, other = pool.acquire(), pool.acquire()
    assert one is not other
    pool.release(other)
    pool.release(one)
    assert pool.acquire() is one


def test_who_waits_is_served_in_turn():
    pool, order = Pool(Parser, max_size=1), []
    parser = pool.acquire()

    def use(number):
        with pool.lend():
            order.append(number)

    threads = []
    for number in range(4):
        threads.append(threading.Thread(target=use, args=(number,)))
        threads[-1].start()
        while pool.stats().waited <= number:
            threading.Event().wait(0.001)
    pool.release(parser)
    for thread in threads:
        thread.join(60)
    assert (order, pool.stats().made, pool.stats().reused) == ([0, 1, 2, 3], 1, 4)


def test_tasks_wait_and_a_cancelled_one_hands_its_grant_on():
    async def create():
        return Parser()

    pool = Pool(create, max_size=1)

    async def use():
        async with pool.lend() as parser:
            return parser

    async def main():
        first = await pool.acquire_async()
        tasks = [asyncio.create_task(use()) for _ in range(3)]
        while pool.stats().waited < 3:
            await asyncio.sleep(0)
        tasks[0].cancel()
        pool.release(first)
        got = await asyncio.gather(*tasks, return_exceptions=True)
        with pytest.raises(PoolTimeoutError):
            async with pool.lend():
                await pool.acquire_async(timeout=0.01)
        return first, got

    first, (cancelled, *others) = asyncio.run(main())
    assert isinstance(cancelled, asyncio.CancelledError)
    assert all(parser is first for parser in others)
    assert (pool.stats().timed_out, pool.stats().size) == (1, 0), "the error threw the object away"
    with pytest.raises(TypeError, match="`create` is async; take objects of this pool with `acquire_async`"):
        pool.acquire()
    assert pool.stats().size == 0
    with pytest.raises(TypeError, match="`min_warm` objects are made at once, which an async `create` cannot"):
        Pool(create, min_warm=1)


def test_what_fails_its_check_is_replaced():
    gone = []

    def check(parser):
        if parser.dirty:
            raise OSError("connection reset")
        return True

    pool = Pool(Parser, max_size=3, is_valid=check, destroy=gone.append)
    parsers = [pool.acquire() for _ in range(3)]
    for parser in parsers:
        pool.release(parser)
    soil(parsers[2])
    soil(parsers[1])
    assert pool.acquire() is parsers[0]
    assert (gone, pool.stats().invalid, pool.stats().size) == ([parsers[2], parsers[1]], 2, 1)


def test_what_is_idle_too_long_goes_but_the_warm_stay():
    clock, gone = Clock(), []
    pool = Pool(Parser, min_warm=1, idle_time=10, destroy=gone.append, timer=clock)
    assert (pool.stats().made, pool.stats().idle) == (1, 1)
    parsers = [pool.acquire() for _ in range(3)]
    for parser in parsers:
        clock.now += 1
        pool.release(parser)
    clock.now = 11.5
    pool.purge()
    assert gone == parsers[:1]
    clock.now = 100
    assert (pool.stats().idle, pool.stats().expired, len(gone)) == (1, 2, 2)


def test_one_that_was_idle_too_long_is_not_lent():
    clock, gone = Clock(), []
    pool = Pool(Parser, idle_time=10, destroy=gone.append, timer=clock)
    old = pool.acquire()
    pool.release(old)
    clock.now = 10
    assert pool.acquire() is not old
    assert gone == [old]


def test_an_object_that_nobody_holds_any_more_is_told_and_its_place_freed():
    lost = []
    pool = Pool(Parser, max_size=1, on_lost=lost.append)
    pool.acquire()
    gc.collect()
    assert pool.acquire(timeout=60) is not None
    assert (lost[0].is_dead, pool.stats().made) == (True, 2)
    assert lost[0].acquired_at.rpartition(":")[0] == __file__


def test_who_waits_is_served_when_an_object_dies():
    lost, holder = [], []
    pool = Pool(Parser, max_size=1, on_lost=lost.append)
    holder.append(pool.acquire())
    got = []
    thread = threading.Thread(target=lambda: got.append(pool.acquire(timeout=60)))
    thread.start()
    while not pool.stats().waited:
        threading.Event().wait(0.001)
    holder.clear()
    thread.join(60)
    assert (len(got), len(lost)) == (1, 1)


def test_an_object_that_is_out_too_long_is_given_up():
    clock, lost = Clock(), []
    pool = Pool(Parser, max_size=1, lost_after=60, on_lost=lost.append, timer=clock)
    kept = pool.acquire()
    clock.now = 61
    other = pool.acquire(timeout=0)
    assert (other is not kept, lost[0].out_for, lost[0].is_dead) == (True, 61, False)
    with pytest.raises(ValueError, match="is not lent by this pool, or was given up as lost"):
        pool.release(kept)


def test_what_came_back_is_not_remembered_until_it_could_have_been_lost():
    clock, lost = Clock(), []
    pool = Pool(Parser, lost_after=60, on_lost=lost.append, timer=clock)
    kept = pool.acquire()
    for _ in range(1000):
        clock.now += 0.001
        pool.release(pool.acquire())
    assert pool._noted < 100
    clock.now = 60
    pool.purge()
    assert [loss.out_for for loss in lost] == [60]
    del kept


def test_a_loss_is_a_warning_when_nobody_listens():
    pool = Pool(Parser)
    pool.acquire()
    gc.collect()
    with pytest.warns(ResourceWarning, match=r"an object acquired at .*test_reuse_pool.py:\d+ was not returned for \d+\.\d s"):
        pool.purge()


def test_a_reset_that_raises_throws_the_object_away_and_frees_its_place():
    def reset(parser):
        raise OSError("wire cut")

    gone = []
    pool = Pool(Parser, max_size=1, reset=reset, destroy=gone.append)
    parser = pool.acquire()
    with pytest.raises(PoolError, match=r"the reset of .* raised OSError: wire cut; the object was thrown away, and its pl"):
        pool.release(parser)
    assert (gone, pool.stats().reset_failed, pool.stats().size) == ([parser], 1, 0)
    assert pool.acquire(timeout=0) is not parser


def test_a_create_that_raises_frees_its_place():
    def create():
        raise OSError("no route")

    pool = Pool(create, max_size=1)
    for _ in range(2):
        with pytest.raises(OSError, match="no route"):
            pool.acquire(timeout=0)
    assert pool.stats().size == 0


def test_foreign_and_twice_released_objects_are_refused():
    pool = Pool(Parser)
    parser = pool.acquire()
    pool.release(parser)
    with pytest.raises(ValueError, match="was given back already; give each object back once"):
        pool.release(parser)
    with pytest.raises(ValueError, match="is not lent by this pool"):
        pool.release(Parser())
    with pytest.raises(ValueError, match="is not lent by this pool"):
        pool.discard(Parser())


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"max_size": 0}, "`max_size` is 0; give at least 1"),
        ({"max_size": -3}, "`max_size` is -3"),
        ({"max_idle": -1}, "`max_idle` is -1; give at least 0"),
        ({"idle_time": 0}, "`idle_time` is 0, so everything would be over at once"),
        ({"min_warm": 3, "max_size": 2}, "`min_warm` is 3, but at most 2 objects may be idle"),
        ({"on_error": "keep"}, "`on_error` is 'keep'"),
    ],
)
def test_settings_of_a_pool_that_cannot_work_are_refused(settings, said):
    with pytest.raises(ValueError, match=said):
        Pool(Parser, **settings)


def test_threads_share_a_pool_without_ever_sharing_an_object():
    pool, users, most = Pool(Parser, max_size=3), {}, []

    def work():
        for _ in range(200):
            with pool.lend() as parser:
                users[id(parser)] = users.get(id(parser), 0) + 1
                most.append(users[id(parser)])
                users[id(parser)] -= 1

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert (max(most), pool.stats().size <= 3, len(most)) == (1, True, 1200)


def test_buffers_are_aligned_zeroed_and_reused():
    buffers = BufferPool([100, 4096], max_idle=2)
    with buffers.lend(50) as view:
        assert (len(view), view.readonly, np.frombuffer(view, np.uint8).ctypes.data % 64) == (50, False, 0)
        view[:] = b"\xff" * 50
    with buffers.lend(100) as view:
        assert not any(view), "no byte of the last client can be read"
    assert (buffers.stats()[0].made, buffers.stats()[0].reused) == (1, 1)
    with buffers.lend(5000) as view:
        assert len(view) == 5000
    assert buffers.stats()[2].idle == 0


@given(st.lists(st.integers(0, 300), max_size=40))
def test_no_byte_of_the_last_client_can_ever_be_read(lengths):
    buffers = BufferPool([64, 256], max_idle=1)
    for length in lengths:
        with buffers.lend(length) as view:
            assert bytes(view) == bytes(length)
            view[:] = b"\xaa" * length


@pytest.mark.parametrize("length", [65_536, 65_537, 100_000, 131_072])
def test_large_buffers_are_zeroed_whole(length):
    buffers = BufferPool([131_072])
    with buffers.lend(length) as view:
        view[:] = b"\xaa" * length
    with buffers.lend(131_072) as view:
        assert bytes(view) == bytes(131_072)
    assert buffers.stats()[0].reused == 1


def test_buffers_serve_readinto_and_numpy():
    buffers = BufferPool([8])
    with buffers.lend(8) as view:
        assert io.BytesIO(b"12345678").readinto(view) == 8
        assert np.frombuffer(view, dtype="<u4").tolist() == [0x34333231, 0x38373635]


@pytest.mark.parametrize("look", [lambda view: np.frombuffer(view, np.uint8), lambda view: view[2:5], memoryview])
def test_memory_that_somebody_still_sees_is_not_lent_again(look):
    buffers = BufferPool([8])
    with buffers.lend(8) as view:
        view[:] = b"mineonly"
        seen = look(view)
    before = bytes(seen)
    with buffers.lend(8) as other:
        other[:] = b"yours123"
        assert bytes(seen) == before
    assert (buffers.stats()[0].still_seen, buffers.stats()[0].reused) == (1, 0)


def test_a_buffer_goes_back_once_and_bad_sizes_are_refused():
    buffers = BufferPool([8])
    buffer = buffers.lend(3)
    assert len(buffer.view) == 3
    buffer.release()
    with pytest.raises(ValueError, match="was given back already"):
        buffer.release()
    with pytest.raises(ValueError, match="operation forbidden on released memoryview"):
        buffer.view[0]
    with pytest.raises(ValueError, match="`sizes` is 0; give at least 1"):
        BufferPool([0])
    with pytest.raises(ValueError, match="`sizes` is empty"):
        BufferPool([])
    with pytest.raises(ValueError, match="`length` is -1"):
        buffers.lend(-1)
