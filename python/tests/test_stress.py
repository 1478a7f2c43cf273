"""Threads, processes and tasks on shared and on own keys, with errors and cancellations: each object is built once."""

from __future__ import annotations

import collections
import json

MODULE = """
    import asyncio, json, multiprocessing, os, random, sys, threading, time
    import heirloom
    import numpy as np

    THREADS, TASKS, ROUNDS, SHARED = 4, 12, 60, 10

    def note(what, key):
        log = os.open("log", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(log, f"{what} {key}\\n".encode())
        os.close(log)

    @heirloom.cached
    def table(key):
        time.sleep(0.01)
        note("table", key)
        return {"key": key, "grid": np.full(3000, len(key))}

    @heirloom.cached
    def shaky(key):
        time.sleep(0.01)
        if fails_first(key):
            note("failed", key)
            raise LookupError(key)
        note("shaky", key)
        return [key]

    def fails_first(key):
        try:
            os.mkdir("failed-" + key)
        except FileExistsError:
            return False
        return True

    @heirloom.cached
    async def later(key):
        await asyncio.sleep(0.02)
        note("later", key)
        return (key, [key])

    held, told = {}, {"asked": 0, "errors": 0, "cancelled": 0, "wrong": []}

    def check(name, key, value):
        told["asked"] += 1
        right = {"table": lambda: value["key"] == key and (value["grid"] == len(key)).all() and value["grid"].size == 3000,
                 "shaky": lambda: value == [key], "later": lambda: value == (key, [key])}[name]()
        if not right:
            told["wrong"].append([name, key, repr(value)])
        elif held.setdefault((name, key), value) is not value:
            told["wrong"].append([name, key, "is another object"])

    def keys(choice, own):
        return [choice.choice([f"shared{choice.randrange(SHARED)}", f"{own}-{choice.randrange(3)}"]) for _ in range(ROUNDS)]

    def thread(own):
        choice = random.Random(own)
        for key in keys(choice, own):
            name = choice.choice(["table", "shaky"])
            try:
                check(name, key, globals()[name](key))
            except LookupError as error:
                told["errors"] += 1
                if error.args != (key,):
                    told["wrong"].append([name, key, repr(error)])
                check(name, key, globals()[name](key))

    async def task(own):
        choice = random.Random(own)
        for key in keys(choice, own)[:ROUNDS // 3]:
            asking = asyncio.create_task(later(key))
            if choice.random() < 0.4:
                await asyncio.sleep(choice.random() * 0.03)
                asking.cancel()
            try:
                check("later", key, await asking)
            except asyncio.CancelledError:
                if not asking.cancelled() or not asking.done():
                    raise
                told["cancelled"] += 1
                check("later", key, await later(key))

    async def tasks(own):
        await asyncio.gather(*(task(f"{own}-task{number}") for number in range(TASKS)))

    def everything(own):
        held.clear()  # a forked child has objects of its own
        crowd = [threading.Thread(target=guarded, args=(thread, f"{own}-thread{number}")) for number in range(THREADS)]
        crowd.append(threading.Thread(target=guarded, args=(lambda own: asyncio.run(tasks(own)), own)))
        for one in crowd: one.start()
        for one in crowd: one.join()
        print(json.dumps(told), flush=True)

    def guarded(work, own):
        try:
            work(own)
        except BaseException as error:
            told["wrong"].append([own, repr(error)])

    def main(own):
        check("table", "shared0", table("shared0"))
        child = multiprocessing.get_context("fork").Process(target=everything, args=(own + "-forked",))
        child.start()
        everything(own)
        child.join()
"""


def test_f13_threads_processes_and_tasks_build_each_object_once(project):
    project.write("work.py", MODULE)
    crowd = [project.start(f"import work; work.main('process{number}')") for number in range(2)]
    told = []
    for process in crowd:
        out, err = process.communicate(timeout=110)
        assert (process.returncode, err) == (0, "")
        told += map(json.loads, out.splitlines())
    assert [one["wrong"] for one in told] == [[]] * 4
    assert all(one["asked"] >= 4 * 60 + 12 * 20 for one in told)
    assert sum(one["cancelled"] for one in told) > 0
    assert sum(one["errors"] for one in told) > 0
    built = collections.Counter((project.folder / "log").read_text().splitlines())
    assert {what: times for what, times in built.items() if times != 1} == {}
    names = {(name, key) for name, _, key in (what.partition(" ") for what in built)}
    assert {key for name, key in names if name == "failed"} == {key for name, key in names if name == "shaky"}
