"""Limits of a process, another version of Heirloom on the same store, signals in every wait.

Promises checked: the caller always gets the value; one warning says what is wrong; caching goes on by itself when it is over.
Refuses: real time; who waits, waits for an event.
"""

from __future__ import annotations

import contextlib
import resource
import signal
import sqlite3
import threading
import time
import warnings
from pathlib import Path

import heirloom
import pytest
from stage import Child, ask_all, declare, in_child, is_right


def ask(make, *calls):
    """Ask, and tell what was said."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        for call in calls:
            make._shelf().let_go()
            assert is_right(*call, make(*call)), call
    return [str(one.message) for one in told]


def test_a_limit_on_memory(tmp_path):
    """Half of what is asked for cannot be mapped or copied: the values come all the same."""
    folder = tmp_path / "store"

    def furnish():
        store = heirloom.Store(folder, settings=None)
        return len(store.cached(large, name="large", code="manual")(60_000_000))

    def large(size):
        return bytes(size)

    def starve():
        make = declare(folder)
        make("text", 1_500)
        store = heirloom.Store(folder, settings=None)
        kept = store.cached(large, name="large", code="manual")
        store.engine()
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        before = resource.getrlimit(resource.RLIMIT_AS)
        told = []
        # Room for the value and a little more, not for the value, its blob and a copy.
        resource.setrlimit(resource.RLIMIT_AS, (pages * 4096 + 90_000_000, before[1]))
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            try:
                told.append(len(kept(60_000_000)))
            except MemoryError:
                # The builder's own, when not even the value finds room.
                told.append(60_000_000)
            told.append(is_right("array", 300_000, make("array", 300_000)))
        resource.setrlimit(resource.RLIMIT_AS, before)
        del said
        kept._shelf().let_go()
        return [*told, len(kept(60_000_000)), is_right("text", 41_000, make("text", 41_000))]

    assert in_child(furnish) == 60_000_000
    assert in_child(starve) == [60_000_000, True, 60_000_000, True]
    assert in_child(lambda: ask_all(folder))["wrong"] == []


def test_a_limit_on_the_size_of_files(tmp_path):
    folder = tmp_path / "store"

    def work():
        make = declare(folder)
        make("text", 1_500)
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
        told = ask(make, ("array", 300_000), ("text", 300_000), ("array", 300_000))
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        return told, ask(make, ("array", 300_000))

    told, after = in_child(work)
    assert len(told) == 1, told
    assert "could not" in told[0]
    assert after == []
    assert ("array", 300_000) not in in_child(lambda: ask_all(folder))["built"], "it is kept now"


def registry(folder):
    return contextlib.closing(sqlite3.connect(folder / "v1" / "registry.sqlite", isolation_level=None))


def test_a_newer_version_has_taken_the_store(tmp_path):
    folder = tmp_path / "store"
    assert in_child(lambda: ask_all(folder))["wrong"] == []
    with registry(folder) as connection:
        (now,) = connection.execute("PRAGMA user_version").fetchone()
        connection.execute(f"PRAGMA user_version = {now + 1}")
        before = connection.execute("SELECT count(*), max(id) FROM entries").fetchone()
    report = in_child(lambda: ask_all(folder))
    assert report["wrong"] == report["raised"] == []
    # It can neither be read nor written, for one reason, which is told once.
    assert len(report["told"]) == 1, report["told"]
    assert "upgrade heirloom" in report["told"][0]
    with registry(folder) as connection:
        assert connection.execute("SELECT count(*), max(id) FROM entries").fetchone() == before, "not touched"
        connection.execute(f"PRAGMA user_version = {now}")
    assert in_child(lambda: ask_all(folder))["built"] == []


def test_two_versions_use_one_store_at_once(tmp_path):
    """The newer one adds a column while the older has the store open, and both go on in turns."""
    folder = tmp_path / "store"
    make = declare(folder)
    assert ask(make, ("text", 40_000)) == []
    with registry(folder) as newer:
        newer.execute("ALTER TABLE entries ADD COLUMN of_tomorrow BLOB")
        assert ask(make, ("text", 40_000), ("text", 50_000)) == []
        # What the version before this one writes has no MAC: it is not believed, and built again.
        newer.execute("UPDATE entries SET mac = NULL, code = NULL")
    make.built.clear()
    ask(make, ("text", 40_000), ("text", 50_000))
    assert make.built == [("text", 40_000), ("text", 50_000)]
    report = in_child(lambda: ask_all(folder))
    assert report["wrong"] == report["raised"] == []
    assert in_child(lambda: ask_all(folder))["built"] == []


@pytest.mark.parametrize("where", ["build", "thread", "process", "sweep"])
def test_signals_that_mean_nothing_disturb_no_wait(tmp_path, where):
    """A timer rings two hundred times a second, in every kind of wait, and a handler runs each time."""
    folder, rings = tmp_path / "store", []

    def slow_in(store):
        @store.cached(name="ringing", code="manual")
        def slow(key):
            (tmp_path / "begun").touch()
            while not (tmp_path / "enough").exists():
                time.sleep(0.002)
            return {"key": key}

        return slow

    def begin():
        return slow_in(heirloom.Store(folder, settings=None))("k")

    other = None
    if where == "process":
        other = Child(begin)
        while not (tmp_path / "begun").exists():
            time.sleep(0.002)

    def rung():
        import fcntl

        store = heirloom.Store(folder, settings=None)
        slow, make = slow_in(store), declare(folder)
        make("text", 1_500)
        if where == "thread":
            threading.Thread(target=slow, args=("k",)).start()
            while not (tmp_path / "begun").exists():
                time.sleep(0.002)

        def ring(*_):
            rings.append(1)
            if len(rings) == 40:
                (tmp_path / "enough").touch()

        signal.signal(signal.SIGALRM, ring)
        signal.setitimer(signal.ITIMER_REAL, 0.005, 0.005)
        if where == "sweep":
            # A writer waits for somebody who holds the store alone.
            with (folder / "v1" / "locks" / "sweep").open("r+") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                threading.Timer(0.5, lambda: fcntl.flock(lock, fcntl.LOCK_UN)).start()
                found = is_right("array", 300_000, make("array", 300_000))
        else:
            found = slow("k") == {"key": "k"}
        signal.setitimer(signal.ITIMER_REAL, 0)
        return found, len(rings)

    child = Child(rung)
    found, rang = child.result(120)
    assert found
    assert rang, "it rang"
    (tmp_path / "enough").touch()
    if other is not None:
        assert other.result() == {"key": "k"}
