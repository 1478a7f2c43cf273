"""Threads, tasks, processes, forks: one build, the same object, and nobody hangs."""

from __future__ import annotations

import asyncio
import multiprocessing
import pickle
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import heirloom
import numpy as np
import pytest
from heirloom import Store


@pytest.fixture
def store(heirloom_store):
    return heirloom_store


def test_f13_threads_build_once(store):
    built, together = [], threading.Barrier(8)

    @store.cached
    def table(x):
        built.append(x)
        time.sleep(0.1)
        return [x]

    def ask(_):
        together.wait()
        return table(1)

    with ThreadPoolExecutor(8) as threads:
        objects = list(threads.map(ask, range(8)))
    assert len(built) == 1
    assert all(one is objects[0] for one in objects)


def test_f13_processes_build_once(project):
    project.write(
        "etl.py",
        """
        import time, heirloom
        @heirloom.cached
        def table(x):
            with open("built", "a") as log: log.write("x")
            time.sleep(0.5)
            return x
        """,
    )
    children = [project.start("import etl; print(etl.table(1))") for _ in range(4)]
    assert [child.communicate()[0].strip() for child in children] == ["1"] * 4
    assert (project.folder / "built").read_text() == "x"


def test_f13_tasks_build_once_and_block_no_loop(store):
    built, ticks = [], []

    @store.cached(code="manual")
    async def table(x):
        built.append(x)
        seen = len(ticks)
        while len(ticks) < seen + 10:  # a loop that is blocked ticks no more
            await asyncio.sleep(0.01)
        return [x]

    async def tick():
        while True:
            ticks.append(time.monotonic())
            await asyncio.sleep(0.01)

    async def main():
        ticking = asyncio.create_task(tick())
        objects = await asyncio.gather(*(table(1) for _ in range(100)))
        ticking.cancel()
        return objects

    objects = asyncio.run(main())
    assert len(built) == 1
    assert all(one is objects[0] for one in objects)


def test_a_cancelled_builder_hands_its_seat_on(store):
    built = []

    @store.cached
    async def table(x):
        built.append(x)
        await asyncio.sleep(0.2)
        return [x]

    async def main():
        first = asyncio.create_task(table(1))
        await asyncio.sleep(0.05)
        second = asyncio.create_task(table(1))
        await asyncio.sleep(0.05)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        return await second

    assert asyncio.run(main()) == [1]
    assert len(built) == 2


def test_an_exception_is_the_very_same_for_all_and_never_kept(store):
    raised, together = [], threading.Barrier(4)

    @store.cached
    def table(x):
        time.sleep(0.1)
        raised.append(LookupError("nothing there", x))
        raise raised[-1]

    def ask(_):
        together.wait()
        with pytest.raises(LookupError) as caught:
            table(1)
        return caught.value

    with ThreadPoolExecutor(4) as threads:
        errors = list(threads.map(ask, range(4)))
    assert len(raised) == 1
    assert all(error is raised[0] for error in errors)
    with pytest.raises(LookupError):
        table(1)
    assert len(raised) == 2


def test_an_exception_of_a_task_is_the_same(store):
    error = LookupError("nothing there")

    @store.cached
    async def table(x):
        await asyncio.sleep(0.05)
        raise error

    async def main():
        return await asyncio.gather(table(1), table(1), return_exceptions=True)

    assert asyncio.run(main()) == [error, error]


def test_an_exit_of_the_leader_is_not_the_waiters(store):
    built = []

    @store.cached
    def table(x):
        built.append(x)
        time.sleep(0.1)
        if len(built) == 1:
            raise SystemExit(3)
        return [x]

    def ask(_):
        try:
            return table(1)
        except SystemExit as left:
            return left.code

    with ThreadPoolExecutor(3) as threads:
        assert sorted(map(str, threads.map(ask, range(3)))) == ["3", "[1]", "[1]"]
    assert len(built) == 2


def test_a_builder_that_asks_for_itself_computes(store):
    depths = []

    @store.cached
    def table(x):
        depths.append(x)
        return [x] if len(depths) > 2 else table(x)

    assert table(1) == [1]
    assert len(depths) == 3
    assert table(1) == [1]
    assert len(depths) == 3


def test_a_task_that_asks_for_itself_computes(store):
    depths = []

    @store.cached
    async def table(x):
        depths.append(x)
        return [x] if len(depths) > 1 else await asyncio.create_task(table(x))

    assert asyncio.run(asyncio.wait_for(table(1), 60)) == [1]
    assert len(depths) == 2


def test_ctrl_c_ends_the_wait_for_a_thread(store):
    go_on, building = threading.Event(), threading.Event()

    @store.cached
    def table(x):
        building.set()
        go_on.wait(60)
        return x

    builder = threading.Thread(target=table, args=(1,))
    builder.start()
    assert building.wait(60)
    with pytest.raises(KeyboardInterrupt):  # noqa: PT012 - the signal may come at once
        threading.Timer(0.1, signal.raise_signal, (signal.SIGINT,)).start()
        table(1)
    assert builder.is_alive()
    go_on.set()
    builder.join()


def test_ctrl_c_ends_the_wait_for_a_process(project):
    project.write(
        "etl.py",
        """
        import time, heirloom
        @heirloom.cached
        def table(x):
            print("building", flush=True)
            time.sleep(600)
        """,
    )
    leader = project.start("import etl; etl.table(1)")
    assert leader.stdout.readline() == "building\n"
    waiter = project.start(
        "import etl\ntry: print('asking', flush=True); etl.table(1)\nexcept KeyboardInterrupt: print('left')"
    )
    assert waiter.stdout.readline() == "asking\n"
    time.sleep(0.3)
    waiter.send_signal(signal.SIGINT)
    assert waiter.communicate(timeout=60)[0] == "left\n"
    assert leader.poll() is None
    leader.kill()
    leader.communicate()


def test_a_forked_child_waits_for_no_flight_of_its_parent(store):
    go_on = threading.Event()

    @store.cached
    def table(x):
        if x == 1:
            go_on.wait(5)
        return np.full(400_000, x)

    kept = table(2)
    builder = threading.Thread(target=table, args=(3,))
    builder.start()
    builder.join()

    def child(results):
        results.put((float(table(2)[0]), float(table(4).sum()), table.stats()["disk_hits"]))

    fork = multiprocessing.get_context("fork")
    results = fork.Queue()
    process = fork.Process(target=child, args=(results,))
    process.start()
    assert results.get(timeout=30) == (2.0, 1_600_000.0, 1)
    process.join()
    assert table(2) is kept


@heirloom.cached(name="pickled")
def pickled(x):
    return [x]


def test_a_decorated_function_is_pickled_by_name():
    assert pickle.loads(pickle.dumps(pickled)) is pickled


def test_a_store_is_pickled_by_its_folder(tmp_path):
    store = Store(tmp_path / "store", memory="1 GiB")
    again = pickle.loads(pickle.dumps(store))
    assert (again.folder, again.memory) == (store.folder, store.memory)


class Model:
    def __init__(self, name):
        self.name = name

    def __heirloom_key__(self):
        return self.name

    @heirloom.cached
    def layers(self, depth):
        """Build layers."""
        return [self.name] * depth

    @heirloom.cached(ignore=("self",))
    def shared(self, depth):
        return [depth]

    @classmethod
    @heirloom.cached
    def default(cls, depth):
        return [cls.__name__, depth]

    @staticmethod
    @heirloom.cached
    def plain(depth):
        return [depth]

    @property
    @heirloom.cached
    def size(self):
        return [self.name]


@pytest.mark.usefixtures("heirloom_store")
def test_methods_of_every_kind():
    ann, bob = Model("ann"), Model("bob")
    assert ann.layers(2) is Model("ann").layers(2)
    assert bob.layers(2) == ["bob", "bob"]
    assert ann.shared(1) is bob.shared(1)
    assert Model.default(1) is ann.default(1)
    assert Model.plain(1) is ann.plain(1)
    assert ann.size is Model("ann").size
    assert ann.layers.explain(2).state is heirloom.State.IN_MEMORY
    assert ann.layers.forget(2) == 1
    assert ann.layers.__doc__ or Model.layers.__doc__ == "Build layers."
    assert ann.layers == ann.layers
    assert ann.layers != bob.layers


def test_tasks_beside_an_async_builder_are_no_part_of_its_build(project):
    project.write(
        "etl.py",
        """
        import asyncio, heirloom
        seen = []
        @heirloom.cached
        async def table(x):
            await asyncio.sleep(0.05)
            return [x]
        async def beside():
            seen.append(0)
            await asyncio.sleep(0.01)
            part(1)
        def part(x):
            seen.append(x)
        async def main():
            asked = await asyncio.gather(table(1), beside(), beside())
            seen.append(2)
            print(await table(1) is asked[0], table.stats()["builds"])
            await table(2)
            seen.append(3)
            await table(2)
            print(table.stats()["builds"])
        """,
    )
    assert project.run("import asyncio, etl; asyncio.run(etl.main())").split() == ["True", "1", "2"]


def test_globals_that_another_thread_changes_meanwhile_break_no_recording(project):
    project.write(
        "etl.py",
        """
        import sys, threading, heirloom
        sys.setswitchinterval(1e-5)
        seen, over = dict.fromkeys(range(5000)), threading.Event()
        def change():
            while not over.is_set():
                seen[-1] = None
                part(1)  # here another thread may go on
                del seen[-1]
                part(2)
        def part(x): return [x]
        @heirloom.cached
        def table(x): return part(x)
        def main():
            thread = threading.Thread(target=change)
            thread.start()
            for x in range(60): table(x)
            over.set()
            thread.join()
            print("done")
        """,
    )
    asked = project.start("import etl; etl.main()")
    assert asked.communicate(timeout=100) == ("done\n", "")
