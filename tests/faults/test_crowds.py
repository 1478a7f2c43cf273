"""Many at once: stampedes, kills, frozen builders, clearing under use.

Promises checked: one build however many ask; a dead builder frees its waiters; a frozen one holds up nobody;
nothing torn, nothing acknowledged lost, no leftovers. Refuses: timing; limits are only there to end a hang.
"""

from __future__ import annotations

import asyncio
import datetime
import os
import signal
import threading
import time
import warnings

import heirloom
from stage import Child, declare, in_child, is_right


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
    _frozen_builder(tmp_path, datetime.timedelta(milliseconds=300), "still builds it")


def test_a_frozen_builder_holds_up_nobody_at_all(tmp_path):
    _frozen_builder(tmp_path, None, "which builds it, is stopped")


def _frozen_builder(tmp_path, patience, why):
    folder, log = tmp_path / "store", tmp_path / "log"
    frozen = Child(lambda: logging_builder(folder, log, 3600)("k"))
    while not builds(log):
        time.sleep(0.005)
    frozen.kill(signal.SIGSTOP)

    def ask():
        slow = logging_builder(folder, log, 0, patience=patience)
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            found = slow("k")
        return found, [str(one.message) for one in told]

    try:
        found, told = in_child(ask)
        assert found == {"key": "k"}
        (sentence,) = told
        assert f"process {frozen.pid} on" in sentence
        assert why in sentence
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
