"""Which build an input belongs to, what is said of what cannot be checked, and that the stand-ins look like the originals."""

from __future__ import annotations

import asyncio
import inspect
import os
import pickle
import socket
import sys
import threading
import warnings
from pathlib import Path
from typing import Any

import heirloom
import pytest


@pytest.fixture
def store(tmp_path: Path) -> heirloom.Store:
    return heirloom.Store(tmp_path / "store")


def test_the_inner_build_has_its_own_inputs(store: heirloom.Store, tmp_path: Path) -> None:
    for name in ("inner", "outer"):
        (tmp_path / name).write_text("1")
    ran = []

    @store.cached(code="manual")
    def inner() -> int:
        ran.append("inner")
        return int((tmp_path / "inner").read_text()) > 0

    @store.cached(code="manual")
    def outer() -> tuple[bool, str]:
        ran.append("outer")
        return inner(), (tmp_path / "outer").read_text()

    outer()
    (tmp_path / "inner").write_text("2")
    inner()
    assert ran == ["outer", "inner", "inner"]
    outer()
    assert ran == ["outer", "inner", "inner"], "the inner one was built anew with equal content, so the outer one holds"
    (tmp_path / "outer").write_text("2")
    outer()
    assert ran[3:] == ["outer"]


def test_two_builds_in_threads_keep_their_inputs_apart(store: heirloom.Store, tmp_path: Path) -> None:
    both = threading.Barrier(2, timeout=60)

    @store.cached(code="manual")
    def build(name: str) -> str:
        both.wait()
        text = (tmp_path / name).read_text()
        both.wait()
        return text

    for name in "ab":
        (tmp_path / name).write_text(name)
    threads = [threading.Thread(target=build, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (tmp_path / "a").write_text("changed")
    assert build.state("a") is heirloom.State.ABSENT
    assert build.state("b") is heirloom.State.IN_MEMORY


def test_two_tasks_keep_their_inputs_apart(store: heirloom.Store, tmp_path: Path) -> None:
    @store.cached(code="manual")
    async def build(name: str) -> str:
        await asyncio.sleep(0)
        text = await asyncio.to_thread((tmp_path / name).read_text)
        await asyncio.sleep(0)
        return text

    async def main() -> None:
        await asyncio.gather(build("a"), build("b"))

    for name in "ab":
        (tmp_path / name).write_text(name)
    asyncio.run(main())
    (tmp_path / "a").write_text("changed")
    assert build.state("a") is heirloom.State.ABSENT
    assert build.state("b") is heirloom.State.IN_MEMORY


def test_what_a_strange_thread_reads_is_recorded_rather_than_lost(store: heirloom.Store, tmp_path: Path) -> None:
    path, go, done = tmp_path / "data", threading.Event(), threading.Event()
    path.write_text("1")
    found = []

    def worker() -> None:
        go.wait(60)
        found.append(path.read_text())
        done.set()

    thread = threading.Thread(target=worker)
    thread.start()

    @store.cached(code="manual")
    def build() -> str:
        go.set()
        done.wait(60)
        return found[0]

    build()
    thread.join()
    path.write_text("22")
    assert "data" in str(build.explain().why)


def test_a_thread_that_outlives_its_build_is_free_again(store: heirloom.Store) -> None:
    go, ran, got = threading.Event(), [], []

    @store.cached(code="manual")
    def build(x: int) -> int:
        ran.append(x)
        return x

    @store.cached(code="manual")
    def start() -> int:
        threads.append(threading.Thread(target=lambda: (go.wait(60), got.extend([build(1), build(1)]))))
        threads[0].start()
        return 1

    threads: list[threading.Thread] = []
    start()
    go.set()
    threads[0].join()
    assert (got, ran) == ([1, 1], [1]), "it asks the cache, as any other thread"


def test_an_edit_during_the_build_is_seen_later(store: heirloom.Store, tmp_path: Path) -> None:
    path = tmp_path / "data"
    path.write_text("one")

    @store.cached(code="manual")
    def build() -> str:
        text = path.read_text()
        # The edit is somebody else's: it is not heard.
        heirloom._heirloom.quietly(path.write_text, "two")
        return text

    assert build() == "one"
    assert build.state() is heirloom.State.ABSENT
    assert build() == "two"
    assert build.state() is heirloom.State.IN_MEMORY


def test_a_file_changed_within_one_tick_is_seen(store: heirloom.Store, tmp_path: Path) -> None:
    path = tmp_path / "data"
    path.write_text("one")
    stat = path.stat()

    @store.cached(code="manual")
    def build() -> str:
        return path.read_text()

    assert build() == "one"
    path.write_text("two")
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert build() == "two"


def test_explain_names_the_file_with_old_and_new(store: heirloom.Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "data.csv"
    path.write_text("a" * 4105)
    monkeypatch.setenv("RATE", "1")

    @store.cached(code="manual")
    def build() -> tuple[int, str]:
        return len(path.read_text()), os.environ["RATE"]

    build()
    path.write_text("a" * 4115)
    assert "data.csv changed: 4105 → 4115 bytes" in str(build.explain())
    path.write_text("a" * 4105)
    monkeypatch.setenv("RATE", "2")
    assert "environment variable RATE has another value now" in str(build.explain())


def test_the_network_is_told_once_with_the_way_out(store: heirloom.Store) -> None:
    server = socket.create_server(("127.0.0.1", 0))
    port = server.getsockname()[1]

    def read() -> int:
        with socket.create_connection(("127.0.0.1", port)):
            return 1

    build = store.cached(read, code="manual", name="rates")
    with pytest.warns(heirloom.HeirloomWarning, match=r'rates reads from the network .127.0.0.1.*ttl="1h"') as told:
        build()
    assert len([one for one in told if "network" in str(one.message)]) == 1
    assert "127.0.0.1" in str(build.explain())
    limited = store.cached(read, code="manual", name="limited", ttl="1h")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        limited()
    server.close()


def test_a_child_program_is_told(store: heirloom.Store) -> None:
    import subprocess

    @store.cached(code="manual")
    def build() -> bytes:
        return subprocess.check_output(["echo", "one"])

    build()
    assert "child process echo one" in str(build.explain())


def test_a_child_that_starts_afresh_is_told(store: heirloom.Store) -> None:
    import multiprocessing

    @store.cached(code="manual")
    def build() -> list[int]:
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            return pool.map(abs, [-1])

    assert build() == [1]
    assert "child process multiprocessing, started afresh" in str(build.explain())


def test_recording_follows_no_builder_that_fails(store: heirloom.Store, tmp_path: Path) -> None:
    @store.cached(code="manual")
    def build(fail: bool) -> str:
        if fail:
            raise ValueError("no")
        return (tmp_path / "data").read_text()

    with pytest.raises(ValueError, match="no"):
        build(True)
    assert not heirloom._heirloom.recording()
    with pytest.raises(FileNotFoundError):
        build(False)
    (tmp_path / "data").write_text("1")
    assert build(False) == "1"


@pytest.fixture
def installed(store: heirloom.Store) -> None:
    store.cached(lambda: 1, code="manual", name="any")()


@pytest.mark.parametrize("name", ["stat", "lstat", "access", "readlink", "getcwd"])
@pytest.mark.usefixtures("installed")
def test_a_stand_in_looks_like_the_original(name: str) -> None:
    function = getattr(os, name)
    assert function is getattr(sys.modules["posix"], name)
    assert (function.__name__, function.__qualname__, function.__module__) == (name, name, "posix")
    assert function.__self__ is sys.modules["posix"]
    assert inspect.isbuiltin(function)
    assert str(inspect.signature(function)).startswith("(")
    assert pickle.loads(pickle.dumps(function)) is function
    assert repr(function) == f"<built-in function {name}>"


@pytest.mark.usefixtures("installed")
def test_a_stand_in_behaves_like_the_original(tmp_path: Path) -> None:
    assert os.stat in os.supports_follow_symlinks
    assert os.stat in os.supports_fd
    assert os.access in os.supports_effective_ids
    assert os.stat(tmp_path, follow_symlinks=False).st_mode == tmp_path.lstat().st_mode
    with pytest.raises(FileNotFoundError) as raised:
        os.stat(tmp_path / "none")
    assert raised.value.filename == str(tmp_path / "none") or raised.value.filename == tmp_path / "none"
    with pytest.raises(TypeError):
        os.stat()  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        os.stat(tmp_path, wrong=1)  # type: ignore[call-overload]
    assert dict(os.environ) == dict(os.environ.items())
    with pytest.raises(KeyError):
        os.environ["SURELY_NOT_SET"]


def test_a_fault_of_the_recording_never_reaches_the_builder(
    store: heirloom.Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from heirloom._recording import _frames

    def broken(*_: object) -> None:
        raise RuntimeError("broken on purpose")

    told: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", told.append)
    store.cached(lambda: 1, code="manual", name="any")()
    monkeypatch.setattr(_frames, "asked", broken)

    @store.cached(code="manual")
    def build() -> bool:
        return os.path.exists("/surely/not/there")

    assert build() is False
    assert "broken on purpose" in str(told[0].exc_value)


def test_importing_heirloom_installs_nothing() -> None:
    import subprocess

    program = "import os, posix; before = os.stat; import heirloom; assert os.stat is before; print('same')"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "same"


def test_an_object_with_inputs_is_built_once_for_many_calls(store: heirloom.Store, tmp_path: Path) -> None:
    path = tmp_path / "data"
    path.write_text("1")
    ran = []

    @store.cached(code="manual")
    def build() -> str:
        ran.append(1)
        return path.read_text()

    for _ in range(1000):
        build()
    assert len(ran) == 1
