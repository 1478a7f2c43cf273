"""The machine says no: no space, no permission, no folder, no descriptors, no registry.

Promises checked: the caller always gets the value; one warning says what is wrong; caching goes on by itself when the fault
is over. Needs root for the small file system and for giving rights away; skipped without, with the reason.
"""

from __future__ import annotations

import os
import resource
import shutil
import sqlite3
import subprocess
import time
import warnings

import heirloom
import pytest
from stage import Child, ask_all, declare, in_child, is_right

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="mounting and giving rights away needs root")


def ask(folder, *calls, before=lambda: None):
    """Ask in a new process; what was right, what was built, what was told."""

    def work():
        before()
        make = declare(folder)
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            right = all(is_right(*call, make(*call)) for call in calls)
        return right, list(make.built), [str(one.message) for one in told]

    return in_child(work)


@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip("a small file system cannot be mounted here: " + mounted.stderr.decode())
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@needs_root
def test_a_full_disk(small_disk):
    calls = [("array", 1_000_000 + at) for at in range(8)]
    right, built, told = ask(small_disk / "store", *calls)
    assert right
    assert len(built) == len(calls)
    assert len(told) == 1, told
    assert "No space left" in told[0]
    assert ask(small_disk / "store", *calls)[0]
    subprocess.run(["mount", "-o", "remount,size=64m", str(small_disk)], check=True)
    assert ask(small_disk / "store", *calls)[0]
    assert ask(small_disk / "store", *calls)[1:] == ([], []), "with room again, all is kept"


@needs_root
def test_a_disk_that_is_full_from_the_start(small_disk):
    filler = small_disk / "filler"
    subprocess.run(["dd", "if=/dev/zero", f"of={filler}", "bs=4k"], capture_output=True, check=False)
    assert shutil.disk_usage(small_disk).free == 0
    store = heirloom.Store(small_disk / "store", settings=None)

    @store.cached(name="text")
    def text():
        return "x" * 100_000

    with pytest.warns(heirloom.HeirloomWarning, match="could not"):
        assert len(text()) == 100_000
    filler.unlink()
    text._shelf().let_go()
    assert len(text()) == 100_000
    text._shelf().let_go()
    assert text.state() is heirloom.State.ON_DISK, "the same process uses it as soon as there is room"


@needs_root
def test_no_inodes_left(tmp_path):
    folder = tmp_path / "small"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "nr_inodes=40", "tmpfs", str(folder)], capture_output=True).returncode:
        pytest.skip("a small file system cannot be mounted here")
    try:
        right, _, told = ask(folder / "store", *(("array", 100_000 + at) for at in range(30)))
        assert right
        assert len(told) == 1
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def without_rights():
    """Become somebody who is nobody."""
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
    os.environ["XDG_CONFIG_HOME"] = "/tmp/heirloom-nobody"


@needs_root
def test_a_store_that_may_be_read_only(tmp_path_factory):
    import tempfile

    with tempfile.TemporaryDirectory() as above:
        os.chmod(above, 0o755)
        from pathlib import Path

        folder = Path(above) / "store"
        assert ask(folder, ("text", 40_000))[0]
        subprocess.run(["chmod", "-R", "a=rX", str(folder)], check=True)
        # The reader is another user with another key: it believes nothing, keeps nothing, and has its values.
        right, built, told = ask(folder, ("text", 40_000), ("text", 1_500), before=without_rights)
        assert right
        assert len(built) == 2
        assert told


@needs_root
def test_a_read_only_mount_serves_hits(tmp_path):
    folder = tmp_path / "store"
    assert ask(folder, ("text", 40_000), ("array", 300_000))[0]
    subprocess.run(["mount", "--bind", str(folder), str(folder)], check=True)
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", str(folder), str(folder)], check=True)
        right, built, told = ask(folder, ("text", 40_000), ("array", 300_000), ("text", 1_500))
        assert right
        assert built == [("text", 1_500)]
        assert len(told) == 1, told
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_the_folder_is_deleted_and_moved_while_it_is_used(tmp_path):
    folder = tmp_path / "store"
    make = declare(folder)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for turn, away in enumerate([shutil.rmtree, lambda path: path.rename(tmp_path / "moved")]):
            assert is_right("text", 40_000, make("text", 40_000))
            away(folder)
            for size in (40_000, 41_000 + turn):
                make._shelf().let_go()
                assert is_right("text", size, make("text", size))
                make._shelf().let_go()
                assert is_right("text", size, make("text", size))
    assert ask(folder, ("text", 41_001))[1] == [], "and caching goes on"


def test_the_folder_is_deleted_in_the_middle_of_a_build(tmp_path):
    folder = tmp_path / "store"
    store = heirloom.Store(folder, settings=None)

    @store.cached(name="deleting")
    def deleting():
        shutil.rmtree(folder)
        return [1]

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert deleting() == [1]


def test_no_descriptors_left(tmp_path):
    folder = tmp_path / "store"
    assert ask(folder, ("array", 300_000))[0]

    def starve():
        free = max(int(name) for name in os.listdir("/proc/self/fd")) + 2
        resource.setrlimit(resource.RLIMIT_NOFILE, (free, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))

    def work():
        make = declare(folder)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            assert is_right("text", 1_500, make("text", 1_500))
            soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
            starve()
            for call in [("array", 300_000), ("text", 40_000), ("tree", 1_500)]:
                assert is_right(*call, make(*call))
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            assert is_right("text", 41_000, make("text", 41_000))
        return True

    assert in_child(work)
    assert ask(folder, ("text", 41_000))[1] == []


def locked(folder, *statements):
    """Another program that locks the registry, until the file ``over`` is there or its parent is not."""
    test = os.getpid()

    def lock():
        connection = sqlite3.connect(folder / "v1" / "registry.sqlite", isolation_level=None)
        for statement in statements:
            connection.execute(statement)
        (folder.parent / "locked").touch()
        while not (folder.parent / "over").exists() and os.getppid() == test:
            time.sleep(0.01)
        connection.execute("ROLLBACK")
        connection.close()
        (folder.parent / "gone").touch()

    child = Child(lock)
    while not (folder.parent / "locked").exists():
        time.sleep(0.01)
    return child


@pytest.mark.parametrize(
    "statements",
    [
        ["BEGIN IMMEDIATE"],
        ["PRAGMA locking_mode=EXCLUSIVE", "BEGIN EXCLUSIVE", "DELETE FROM removals"],
    ],
    ids=["writers", "readers-too"],
)
def test_another_program_locks_the_registry_for_a_minute(tmp_path, statements):
    folder = tmp_path / "store"
    assert ask(folder, ("text", 1_500))[0]
    other = locked(folder, *statements)

    def work():
        make = declare(folder)
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            for turn in range(2):
                for size in range(1_500, 1_510):
                    make._shelf().let_go()
                    assert is_right("text", size, make("text", size)), turn
        trail = str(make.explain("text", 41_000))
        (tmp_path / "over").touch()
        while not (tmp_path / "gone").exists():
            time.sleep(0.01)
        make._shelf().let_go()
        before = len(make.built)
        assert is_right("text", 42_000, make("text", 42_000))
        make._shelf().let_go()
        assert is_right("text", 42_000, make("text", 42_000))
        return [str(one.message) for one in told], trail, len(make.built) - before

    # One wait of a few seconds; one for each statement would be five minutes.
    told, trail, built = in_child(work, limit=90)
    other.result()
    assert len(told) == 1, told
    assert "locked" in told[0], told
    assert "locked" in trail or statements == ["BEGIN IMMEDIATE"], trail
    assert built == 1, "caching goes on in the same process"
    assert ask(folder, ("text", 1_500), ("text", 42_000))[1] == []


def test_a_home_that_cannot_be_written(tmp_path):
    def work():
        os.environ["XDG_CONFIG_HOME"] = "/proc/nowhere"
        return ask_all(tmp_path / "store")

    report = in_child(work)
    assert report["wrong"] == report["raised"] == []
    assert any("key file" in told for told in report["told"])


def test_a_clock_that_goes_back_and_forth(tmp_path):
    """By the engine's own rules: an entry from the future, and one whose time is over, are built again."""
    folder = tmp_path / "store"
    assert ask(folder, ("text", 40_000))[0]
    # No lifetime: any clock will do. The moments are signed, so nobody else can move them.
    for path in folder.rglob("*"):
        os.utime(path, (1, 1), follow_symlinks=False)
    assert ask(folder, ("text", 40_000))[1] == []
    for path in folder.rglob("*"):
        os.utime(path, (4e9, 4e9), follow_symlinks=False)
    assert ask(folder, ("text", 40_000))[1] == []
