"""Processes that fork, end, die and are interrupted wherever it hurts: values right, nobody hangs.

Promises checked: a child of a fork with threads, also in the middle of a build, asks for anything; an interpreter ends while
threads build and wait; a signal ends every kind of wait. Refuses: to sleep in order to win a race.
"""

from __future__ import annotations

import datetime
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
import warnings

import heirloom
import pytest
from stage import Child, declare, in_child, is_right


def started(folder, name="waits", seconds=3600.0):
    """Declare a function that says that it has begun, and then takes its time."""
    store = heirloom.Store(folder, settings=None)

    @store.cached(name=name, code="manual")
    def slow(key):
        (folder.parent / f"begun-{key}").touch()
        end = time.monotonic() + seconds
        while time.monotonic() < end and not (folder.parent / "enough").exists():
            time.sleep(0.005)
        return {"key": key}

    return slow


def wait_for(path):
    while not path.exists():
        time.sleep(0.005)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_fork_among_busy_threads(tmp_path):
    make, stop = declare(tmp_path / "store"), threading.Event()
    # Python itself cannot fork while a thread imports a module.
    make("text", 1_500)

    def busy(seed):
        size = seed
        while not stop.is_set():
            size = (size * 7 + 13) % 9000
            make("text", 1000 + size)
            make._shelf().let_go()

    threads = [threading.Thread(target=busy, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    try:
        for turn in range(8):
            # A hit, a miss, and what the parent's threads are at just now.
            calls = [("text", 1000 + 13), ("array", 300_000 + turn), ("text", 1000 + turn)]
            assert in_child(lambda calls=calls: all(is_right(*call, make(*call)) for call in calls))
    finally:
        stop.set()
        for thread in threads:
            thread.join()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_fork_in_the_middle_of_a_build(tmp_path):
    slow, make = started(tmp_path / "store"), declare(tmp_path / "store")
    make("text", 1_500)
    thread = threading.Thread(target=slow, args=("k",))
    thread.start()
    wait_for(tmp_path / "begun-k")
    children = [
        Child(lambda: is_right("text", 1_500, make("text", 1_500))),
        Child(lambda: is_right("text", 2_500, make("text", 2_500))),
        # The very key that the parent builds: waited for as among any two processes.
        Child(lambda: slow("k") == {"key": "k"}),
    ]
    assert children[0].result()
    assert children[1].result()
    (tmp_path / "enough").touch()
    thread.join()
    assert children[2].result()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_builder_that_forks_and_a_child_that_returns_from_it(tmp_path):
    store = heirloom.Store(tmp_path / "store", settings=None)

    @store.cached(name="forking")
    def forking():
        pid = os.fork()
        if pid == 0:
            os._exit(0)
        os.waitpid(pid, 0)
        return [1]

    assert forking() == [1]
    assert in_child(lambda: forking()) == [1]


def test_a_worker_that_outlives_a_killed_builder_holds_up_nobody(tmp_path):
    """A lock of the kernel is shared with a child of a fork; the child lets go of it."""
    folder, reader = tmp_path / "store", os.pipe()

    def build():
        store = heirloom.Store(folder, settings=None)

        @store.cached(name="forking", code="manual")
        def forking():
            if os.fork() == 0:
                os.close(reader[1])
                (tmp_path / "forked").touch()
                os.read(reader[0], 1)
                os._exit(0)
            time.sleep(3600)

        forking()

    builder = Child(build)
    wait_for(tmp_path / "forked")
    builder.kill()

    def ask():
        store = heirloom.Store(folder, settings=None, patience=datetime.timedelta(seconds=60))

        @store.cached(name="forking", code="manual")
        def forking():
            return [1]

        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return forking()

    assert in_child(ask, 120) == [1], "nobody waits for a worker"
    os.close(reader[1])
    os.close(reader[0])


def test_a_child_that_returns_from_its_parents_build_takes_no_lock_away(tmp_path):
    folder = tmp_path / "store"

    def build():
        store = heirloom.Store(folder, settings=None)

        @store.cached(name="returning", code="manual")
        def returning():
            pid = os.fork()
            if pid == 0:
                return [0]
            os.waitpid(pid, 0)
            return [len(list((folder / "v1" / "locks").glob("*.lock")))]

        parent = os.getpid()
        found = returning()
        if os.getpid() != parent:
            os._exit(0)
        return found

    assert in_child(build) == [1], "the parent's lease has its name still"


def test_a_builder_that_becomes_another_program_frees_its_key(tmp_path):
    folder = tmp_path / "store"

    def become():
        store = heirloom.Store(folder, settings=None)

        @store.cached(name="becoming", code="manual")
        def becoming():
            os.execv("/bin/sh", ["sh", "-c", f"touch {tmp_path / 'begun'}; exec sleep 3600"])

        becoming()

    child = Child(become)
    wait_for(tmp_path / "begun")
    store = heirloom.Store(folder, settings=None)

    @store.cached(name="becoming", code="manual")
    def becoming():
        return [1]

    assert becoming() == [1]
    child.kill()


def test_a_process_that_leaves_by_os_exit_in_a_build(tmp_path):
    folder = tmp_path / "store"

    def leave():
        store = heirloom.Store(folder, settings=None)

        @store.cached(name="leaving", code="manual")
        def leaving():
            os._exit(0)

        leaving()

    pid = os.fork()
    if pid == 0:
        leave()
        os._exit(1)
    assert os.waitpid(pid, 0)[1] == 0
    store = heirloom.Store(folder, settings=None)

    @store.cached(name="leaving", code="manual")
    def leaving():
        return [1]

    assert leaving() == [1]
    assert not list((folder / "v1" / "locks").glob("*.lock")), "the lock of the dead went with the next one"


def test_an_interpreter_that_ends_while_threads_build_and_wait(tmp_path):
    program = """
        import sys, threading, time, heirloom
        store = heirloom.Store(sys.argv[1], settings=None)

        @store.cached(name="daemon", code="manual")
        def slow(key):
            begun.set()
            time.sleep(0.05 if key < 3 else 3600)
            return [key]

        begun = threading.Event()
        for _ in range(3):
            threading.Thread(target=slow, args=(9,), daemon=True).start()
        begun.wait()
        for key in range(3):
            threading.Thread(target=slow, args=(key,)).start()
        print("bye")
    """
    for _ in range(3):
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(program), str(tmp_path / "store")],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert (done.returncode, done.stdout) == (0, "bye\n"), done.stderr
        assert "panicked" not in done.stderr, done.stderr
        assert "Fatal" not in done.stderr, done.stderr


@pytest.mark.parametrize("where", ["build", "thread", "process"])
def test_ctrl_c_ends_every_kind_of_wait(tmp_path, where):
    folder = tmp_path / "store"
    other = None
    if where == "process":
        other = Child(lambda: started(folder)("k"))
        wait_for(tmp_path / "begun-k")

    def interrupted():
        slow = started(folder)
        if where == "thread":
            threading.Thread(target=slow, args=("k",), daemon=True).start()
            wait_for(tmp_path / "begun-k")
        (tmp_path / "asking").touch()
        try:
            slow("k")
        except KeyboardInterrupt:
            return "interrupted"
        return "served"

    child = Child(interrupted)
    wait_for(tmp_path / ("begun-k" if where == "build" else "asking"))
    for _ in range(200):
        # Until it is in its wait, a signal may come too early to be meant for it.
        time.sleep(0.05)
        try:
            child.kill(signal.SIGINT)
        except ProcessLookupError:
            break
        if os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            break
    assert child.result() == "interrupted"
    if other is not None:
        other.kill()
    (tmp_path / "enough").touch()
    assert in_child(lambda: started(folder)("k")) == {"key": "k"}, "nothing is left behind that is in the way"


def test_spawned_pools(tmp_path):
    import concurrent.futures
    import multiprocessing

    heirloom.Store(tmp_path / "store", settings=None).engine()
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(3, mp_context=context) as pool:
        found = list(pool.map(_in_pool, [(str(tmp_path / "store"), size) for size in (1_500, 1_500, 40_000, 40_000)]))
    assert all(found)


def _in_pool(job):
    from pathlib import Path

    folder, size = job
    return is_right("text", size, declare(Path(folder))("text", size))


def test_a_warning_that_is_an_error_breaks_no_request(tmp_path):
    make = declare(tmp_path / "store")
    make("array", 300_000)
    (blob,) = (tmp_path / "store" / "v1" / "blobs").rglob("*.blob")
    blob.chmod(0o644)
    blob.write_bytes(b"")
    make._shelf().let_go()
    with warnings.catch_warnings():
        warnings.simplefilter("error", heirloom.HeirloomWarning)
        assert is_right("array", 300_000, make("array", 300_000))
