"""Many at once: stampedes, kills, frozen builders, clearing under use.

Promises checked: one build however many ask; a dead builder frees its waiters; a frozen one holds up nobody who has
patience; nothing torn, nothing acknowledged lost, no leftovers. Refuses: timing; limits are only there to end a hang.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import threading
import time
import warnings

import heirloom
from stage import Child, declare, in_child, is_right

KILLS = int(os.environ.get("HEIRLOOM_FAULT_KILLS", "25"))


def logging_builder(folder, log, seconds, **options):
    """Declare a slow function that notes each build in a file."""
    store = heirloom.Store(folder, settings=None, **options)

    @store.cached(name="slow", code="manual")
    def slow(key):
        with log.open("a") as file:
            file.write(f"{key} {os.getpid()}\n")
        time.sleep(seconds)
        return {"key": key}

    return slow


def builds(log):
    return log.read_text().split("\n")[:-1] if log.exists() else []


def test_a_stampede_of_threads_processes_and_tasks_builds_once(tmp_path):
    folder, log, gate = tmp_path / "store", tmp_path / "log", tmp_path / "gate"
    heirloom.Store(folder, settings=None).engine()

    def crowd():
        slow = logging_builder(folder, log, 0.3)
        found, errors = [], []

        def ask():
            try:
                found.append(slow("k"))
            except BaseException as error:
                errors.append(repr(error))

        threads = [threading.Thread(target=ask) for _ in range(32)]
        while not gate.exists():
            time.sleep(0.001)
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return len(found), errors, all(one is found[0] for one in found)

    children = [Child(crowd) for _ in range(8)]
    gate.touch()
    for child in children:
        assert child.result() == (32, [], True)
    assert len(builds(log)) == 1


def test_a_thousand_tasks_build_once(tmp_path):
    built = []
    store = heirloom.Store(tmp_path / "store", settings=None)

    @store.cached
    async def slow(key):
        built.append(key)
        await asyncio.sleep(0.1)
        return {"key": key}

    async def main():
        return await asyncio.gather(*(slow("k") for _ in range(1000)))

    found = asyncio.run(main())
    assert len(built) == 1
    assert all(one is found[0] for one in found)


def test_a_killed_builder_frees_those_who_wait(tmp_path):
    folder, log = tmp_path / "store", tmp_path / "log"
    first = Child(lambda: logging_builder(folder, log, 3600)("k"))
    while not builds(log):
        time.sleep(0.005)
    waiters = [Child(lambda: logging_builder(folder, log, 0.1)("k")) for _ in range(3)]
    time.sleep(0.2)
    first.kill()
    assert [waiter.result() for waiter in waiters] == [{"key": "k"}] * 3
    assert len(builds(log)) == 2


def test_a_frozen_builder_holds_up_nobody_who_has_patience(tmp_path):
    import datetime

    folder, log = tmp_path / "store", tmp_path / "log"
    frozen = Child(lambda: logging_builder(folder, log, 3600)("k"))
    while not builds(log):
        time.sleep(0.005)
    frozen.kill(signal.SIGSTOP)

    def ask():
        slow = logging_builder(folder, log, 0, patience=datetime.timedelta(milliseconds=300))
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            found = slow("k")
        return found, [str(one.message) for one in told]

    try:
        found, told = in_child(ask)
        assert found == {"key": "k"}
        (sentence,) = told
        assert f"process {frozen.pid} on" in sentence
        assert "still builds it" in sentence
        assert in_child(lambda: logging_builder(folder, log, 0)("k")) == {"key": "k"}, "it is kept, so nobody waits"
        assert len(builds(log)) == 2
    finally:
        frozen.kill()


def test_a_process_stopped_while_it_writes_holds_up_no_request(tmp_path):
    """It holds the lock that writers share; whoever must hold it alone gives up after a moment and goes on."""
    import fcntl

    folder = tmp_path / "store"
    make = declare(folder)
    make("array", 300_000)
    with (folder / "v1" / "locks" / "sweep").open("r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        (blob,) = (folder / "v1" / "blobs").rglob("*.blob")
        blob.chmod(0o644)
        blob.write_bytes(b"\0" * blob.stat().st_size)
        make._shelf().let_go()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            assert is_right("array", 300_000, make("array", 300_000))
    assert in_child(lambda: len(declare(folder)("array", 300_000))) == 300_000


def test_kills_at_random_leave_nothing_torn_and_lose_nothing(tmp_path):
    folder, chance = tmp_path / "store", random.Random("kills")

    def write(first, acknowledged):
        make = declare(folder)
        with acknowledged.open("a") as file:
            for number in range(first, first + 500):
                make("text", 1000 + 997 * (number % 300))
                make.home.engine()
                file.write(f"{1000 + 997 * (number % 300)}\n")
                file.flush()

    def collect():
        store = heirloom.Store(folder, settings=None, disk="2 MB")

        @store.cached(name="other", code="manual")
        def other(number):
            time.sleep(0.011)
            return bytes([number % 251]) * 100_000

        for number in range(1000):
            other(number)

    lost = []
    for turn in range(KILLS):
        acknowledged = tmp_path / f"ack{turn}"
        work = collect if turn % 5 == 4 else (lambda turn=turn, file=acknowledged: write(turn * 17, file))
        child = Child(work)
        time.sleep(chance.uniform(0.02, 0.35))
        child.kill()
        if turn % 5 == 4 or not acknowledged.exists():
            continue
        sizes = [int(line) for line in acknowledged.read_text().splitlines(keepends=True) if line.endswith("\n")]

        def read(sizes=sizes):
            make = declare(folder)
            wrong = [size for size in sizes if not is_right("text", size, make("text", size))]
            return wrong, make.built

        wrong, built = in_child(read)
        assert wrong == [], f"turn {turn}"
        lost += [(turn, one) for one in built]
    # What the collector of a small budget took is not lost; the next turns build it again.
    assert len(lost) <= sum(1 for turn in range(KILLS) if turn % 5 == 0) * 500
    assert [one for turn, one in lost if turn < 4] == []

    def sweep():
        make = declare(folder)
        make.home.clear()
        return [path.name for path in (folder / "v1" / "staging").iterdir()]

    in_child(sweep)


def test_clearing_while_others_use_it(tmp_path):
    folder, seconds = tmp_path / "store", 2.0

    def use(seed):
        make, chance, end = declare(folder), random.Random(seed), time.monotonic() + seconds
        wrong = calls = 0
        while time.monotonic() < end:
            size = 1000 + 5000 * chance.randrange(12)
            wrong += not is_right("text", size, make("text", size))
            make._shelf().let_go()
            calls += 1
        return wrong, calls

    def clear():
        store, end = heirloom.Store(folder, settings=None), time.monotonic() + seconds
        while time.monotonic() < end:
            store.clear()
            time.sleep(0.02)
        return 0, 1

    children = [Child(lambda seed=seed: use(seed)) for seed in range(3)] + [Child(clear)]
    for child in children:
        wrong, calls = child.result()
        assert wrong == 0
        assert calls
