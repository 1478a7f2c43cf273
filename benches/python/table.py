"""Large objects, small objects and long arguments, side by side: ours, what peers from PyPI do, and what the machine allows.

Run: ``python benches/python/table.py [--scale 1.0] [ROW ...]``; the rows are ``argument frame arrays keep digest small
many share``. Times are the best of a few turns, subject after subject in each turn; the ratio to the limit of the same run
is what is compared. Each "new process" is one: its time is taken inside it, around the one call, after the imports.
Needs numpy, pandas, pyarrow, joblib, diskcache, cachier and blake3; the full scale takes some 4 GB of memory and of disk.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import pickle
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import blake3
import heirloom
import joblib
import numpy as np
import pandas as pd
import pyarrow as pa

SCALE = 1.0
ROUNDS = 3


def frame() -> pd.DataFrame:
    """Make a table of 11 columns, 440 MB of them."""
    rows = int(5_000_000 * SCALE)
    return pd.DataFrame({f"c{at}": np.arange(rows, dtype="f8") + at for at in range(11)})


def arrays() -> dict[str, np.ndarray]:
    """Make 1,000 arrays of 100 kB."""
    return {f"a{at}": np.full(12_500, float(at)) for at in range(int(1000 * SCALE))}


def arrow() -> pa.Table:
    """Make an Arrow table of 200 MB."""
    rows = int(5_000_000 * SCALE)
    return pa.table({f"c{at}": np.arange(rows, dtype="f8") + at for at in range(5)})


def tuples() -> list[tuple[int, str, float]]:
    """Make 2 million tuples."""
    return [(at, str(at % 1000), at / 2) for at in range(int(2_000_000 * SCALE))]


def small(at: int) -> dict[str, Any]:
    """Make a small dict."""
    return {"at": at, "b": [1, 2, 3], "c": "x" * 900}


MAKERS: dict[str, Callable[[], Any]] = {"frame": frame, "arrays": arrays, "arrow": arrow, "tuples": tuples}


def timed(work: Callable[[], Any]) -> float:
    """Time one call, in seconds."""
    gc.collect()
    begun = time.perf_counter()
    kept = work()
    took = time.perf_counter() - begun
    del kept
    return took


def best(subjects: dict[str, Callable[[], float]], rounds: int | None = None) -> dict[str, float]:
    """Take turns, and the best turn of each."""
    found = dict.fromkeys(subjects, float("inf"))
    for _ in range(rounds or ROUNDS):
        for name, subject in subjects.items():
            found[name] = min(found[name], subject())
    return found


def told(row: str, found: dict[str, float], limit: str, unit: str = "ms") -> None:
    """Print one row, with ratios to the limit."""
    factor = {"s": 1, "ms": 1e3, "µs": 1e6, "MB": 1}[unit]
    shown = ", ".join(f"{name} {took * factor:.3g} {unit}" for name, took in found.items())
    ratio = f"{found['heirloom'] / found[limit]:.2f} × {limit}" if limit in found else "–"
    print(f"| {row} | {shown} | {ratio} |", flush=True)


def write_raw(value: Any, folder: Path) -> None:
    """Write what pickle makes of a value: the stream, and the buffers in one file; the least that keeping takes."""
    buffers: list[pickle.PickleBuffer] = []
    stream = pickle.dumps(value, protocol=5, buffer_callback=buffers.append)
    sizes = [buffer.raw().nbytes for buffer in buffers]
    with open(folder / "raw", "wb") as file:
        for buffer in buffers:
            file.write(buffer.raw())
    (folder / "raw.pickle").write_bytes(pickle.dumps((stream, sizes)))


def map_raw(folder: Path) -> Any:
    """Read it again: a mapping, and pickle's out-of-band buffers over it."""
    import mmap

    stream, sizes = pickle.loads((folder / "raw.pickle").read_bytes())
    with open(folder / "raw", "rb") as file:
        mapped = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)) if sum(sizes) else memoryview(b"")
    at, buffers = 0, []
    for size in sizes:
        buffers.append(mapped[at : at + size])
        at += size
    return pickle.loads(stream, buffers=buffers)


def ours(what: str, folder: Path) -> Any:
    """Decorate one maker, with a store in a folder; each process decorates the same function."""
    return heirloom.Store(folder / "heirloom", settings=None).cached(MAKERS[what], name=what, code="manual")


def peer(what: str, folder: Path, name: str) -> Callable[[], Any]:
    """Decorate it with a peer."""
    if name == "joblib mmap":
        return joblib.Memory(folder / "joblib", mmap_mode="r", verbose=0).cache(MAKERS[what])
    if name == "cachier":
        import cachier

        return cachier.cachier(cache_dir=folder / "cachier")(MAKERS[what])
    import diskcache

    return diskcache.Cache(str(folder / "diskcache"), size_limit=1 << 36).memoize(name=what)(MAKERS[what])


def load(what: str, subject: str, folder: Path) -> dict[str, float]:
    """In a new process: look an object up, and once more with the memory cleared."""
    call = map_raw if subject == "limit" else None
    if call is None:
        f = ours(what, folder) if subject == "heirloom" else peer(what, folder, subject)
        first = timed(f)
        if subject == "heirloom":
            f._shelf().let_go()
        return {"first": first, "second": timed(f)}
    return {"first": timed(lambda: map_raw(folder)), "second": timed(lambda: map_raw(folder))}


def in_process(*arguments: str) -> Any:
    """Run a part of this program in a new process; returns what it tells."""
    command = [sys.executable, __file__, "--scale", str(SCALE), "--part", *arguments]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def row_argument(folder: Path) -> None:
    """An array of 8 MB as an argument."""
    array = np.arange(1_000_000, dtype="f8")
    f = heirloom.Store(folder / "heirloom", settings=None).cached(lambda a: 1, name="argument", code="manual")
    j = joblib.Memory(folder / "joblib", verbose=0).cache(_one)
    f(array), j(array)
    subjects = {
        "heirloom": lambda: timed(lambda: f(array)),
        "joblib": lambda: timed(lambda: j(array)),
        "BLAKE3": lambda: timed(lambda: blake3.blake3(array.view("u1")).digest()),
    }
    told("8 MB array as an argument, hit", best(subjects, 15), "BLAKE3")


def _one(array: Any) -> int:
    return 1


def _loads(row: str, what: str, folder: Path, peers: list[str]) -> None:
    value = MAKERS[what]()
    write_raw(value, folder)
    del value
    ours(what, folder)()
    for name in peers:
        peer(what, folder, name)()
    names = ["heirloom", *peers, "limit"]
    found: dict[str, dict[str, float]] = {}
    for _ in range(ROUNDS):
        for name in names:
            looked = in_process("load", what, name, str(folder))
            before = found.setdefault(name, looked)
            found[name] = {key: min(took, before[key]) for key, took in looked.items()}
    told(f"{row}, first hit of a new process", {name: found[name]["first"] for name in names}, "limit")
    told(f"{row}, second look-up", {name: found[name]["second"] for name in names}, "limit")


def row_frame(folder: Path) -> None:
    """A DataFrame of 440 MB, found by a new process."""
    _loads("440 MB DataFrame", "frame", folder, ["joblib mmap"])


def row_arrays(folder: Path) -> None:
    """Many arrays, found by a new process."""
    _loads("dict of 1,000 arrays of 100 kB", "arrays", folder, ["joblib mmap", "cachier"])


def row_keep(folder: Path) -> None:
    """Keeping: from a value that is there to the file."""
    rows = {"frame": "keep the 440 MB DataFrame", "arrow": "keep a 200 MB Arrow table", "tuples": "keep 2 M tuples"}
    for what, row in rows.items():
        value = MAKERS[what]()
        store = heirloom.Store(folder / "keep", settings=None)
        f = store.cached(lambda value=value: value, name=what, code="manual", ignore=("value",))
        memory = joblib.Memory(folder / "keep-joblib", verbose=0).cache(_same, ignore=["value"])

        def kept(f: Any = f) -> float:
            f.forget()
            took = timed(f)
            return took

        def by_joblib(memory: Any = memory, value: Any = value) -> float:
            memory.clear(warn=False)
            return timed(lambda: memory(value))

        def raw(value: Any = value) -> float:
            return timed(lambda: write_raw(value, folder))

        subjects = {"heirloom": kept, "raw": raw}
        if what != "tuples":
            subjects["joblib"] = by_joblib
        told(row, best(subjects), "raw", "s")
        if what == "tuples":
            f()

            def opened(f: Any = f) -> float:
                f._shelf().let_go()
                return timed(f)

            subjects = {"heirloom": opened, "raw": lambda: timed(lambda: map_raw(folder))}
            told("load 2 M tuples", best(subjects), "raw", "s")
        f.forget()


def _same(value: Any) -> Any:
    return value


def row_digest(folder: Path) -> None:
    """Long arguments."""
    import marshal

    f = heirloom.Store(folder / "heirloom", settings=None).cached(lambda a: 1, name="digest", code="manual")
    table = frame()
    numbers = list(range(int(1_000_000 * SCALE)))
    tree = {f"k{a}": {f"l{b}": {f"m{c}": c for c in range(10)} for b in range(100)} for a in range(int(100 * SCALE))}
    columns = [table[name].to_numpy() for name in table]

    def marshalled(value: Any) -> float:
        return timed(lambda: blake3.blake3(marshal.dumps(value)).digest())

    rows: list[tuple[str, Any, str, Callable[[], float]]] = [
        ("digest a 440 MB DataFrame argument", table, "BLAKE3",
         lambda: timed(lambda: [blake3.blake3(column.view("u1")).digest() for column in columns])),
        ("digest a list of 1e6 ints", numbers, "marshal + BLAKE3", lambda: marshalled(numbers)),
        ("digest a nested dict of 1e5 leaves", tree, "marshal + BLAKE3", lambda: marshalled(tree)),
    ]  # fmt: skip
    for row, value, limit, least in rows:
        f(value)
        subjects = {
            "heirloom": lambda value=value: timed(lambda: f(value)),
            "joblib": lambda value=value: timed(lambda: joblib.hash(value)),
            limit: least,
        }
        told(row, best(subjects), limit, "s")


def fill(folder: Path, count: int, begin: int, kind: str) -> dict[str, float]:
    """Set ``count`` values, or get them; seconds for each."""
    name = "small"
    if kind.endswith("diskcache"):
        import diskcache

        cache = diskcache.Cache(str(folder / "diskcache"))
        value = pickle.dumps(small(0))
        begun = time.perf_counter()
        for at in range(begin, begin + count):
            cache.set(at, value) if kind.startswith("set") else cache.get(at)
        return {"each": (time.perf_counter() - begun) / count}
    f = heirloom.Store(folder / "heirloom", settings=None).cached(small, name=name, code="manual")
    f.state(begin)
    begun = time.perf_counter()
    for at in range(begin, begin + count):
        f(at)
    return {"each": (time.perf_counter() - begun) / count}


def row_small(folder: Path) -> None:
    """Values of 1 kB, by one process and by four."""
    count = 2000
    found: dict[str, list[float]] = {}
    for turn in range(ROUNDS):
        for kind in ("set", "get", "set diskcache", "get diskcache"):
            found.setdefault(kind, []).append(in_process("fill", str(folder), str(count), str(turn * count), kind)["each"])
    for kind in ("set", "get"):
        told(f"1 kB, {kind}, one process", {"heirloom": min(found[kind]), "diskcache": min(found[f"{kind} diskcache"])}, "diskcache", "µs")
    for kind in ("set", "get"):
        together = {}
        for subject in ("", " diskcache"):
            command = [sys.executable, __file__, "--part", "fill", str(folder), str(count)]
            running = [
                subprocess.Popen([*command, str(100_000 + at * count), kind + subject], stdout=subprocess.PIPE, text=True)
                for at in range(4)
            ]
            each = [json.loads(process.communicate()[0])["each"] / 4 for process in running]
            together[subject.strip() or "heirloom"] = sum(each) / 4
        told(f"1 kB, {kind}, four processes (wall for each value)", together, "diskcache", "µs")


def first(folder: Path, at: int) -> dict[str, float]:
    """In a new process: one hit, and the second."""
    f = heirloom.Store(folder / "heirloom", settings=None).cached(small, name="small")
    return {"first": timed(lambda: f(at)), "second": timed(lambda: f(at + 1))}


def first_peer(folder: Path, name: str) -> dict[str, float]:
    """In a new process: one hit of a peer."""
    if name == "cachier":
        import cachier

        f = cachier.cachier(cache_dir=folder / "cachier")(small)
    elif name == "joblib":
        f = joblib.Memory(folder / "joblib", verbose=0).cache(small)
    else:
        import diskcache

        f = diskcache.Cache(str(folder / "diskcache")).memoize(name="small")(small)
    return {"first": timed(lambda: f(1))}


def row_many(folder: Path) -> None:
    """The first hit of a new process, with few and with many entries in the store; listing them."""
    peers = ["cachier", "joblib", "diskcache"]
    for entries in (100, int(100_000 * SCALE)):
        here = folder / str(entries)
        here.mkdir()
        f = heirloom.Store(here / "heirloom", settings=None).cached(small, name="small")
        for at in range(entries):
            f(at)
        for name in peers:
            in_process("first_peer", str(here), name)
        found: dict[str, float] = {}
        for _ in range(7):
            for name, took in [
                ("heirloom", in_process("first", str(here), "1")["first"]),
                *((name, in_process("first_peer", str(here), name)["first"]) for name in peers),
            ]:
                found[name] = min(took, found.get(name, 1e9))
        told(f"first hit of a new process, {entries:,} entries (peers have one)", found, "cachier")
    begun = time.perf_counter()
    listed = subprocess.run([sys.executable, "-m", "heirloom", "--store", str(here / "heirloom"), "ls", "--json"], capture_output=True, check=True)
    took = time.perf_counter() - begun
    count = len(json.loads(listed.stdout)["entries"])
    told(f"list {count:,} entries, with starting the command", {"heirloom": took}, "", "s")


def hold(what: str, subject: str, folder: Path) -> None:
    """In a new process: hold an object, touch all of it, tell when it is there, and stay until told to go."""
    f = ours(what, folder) if subject == "heirloom" else peer(what, folder, subject)
    value = f() if subject != "nothing" else None
    total = 0.0 if value is None else float(value.to_numpy().sum())
    print(total, flush=True)
    sys.stdin.readline()


def row_share(folder: Path) -> None:
    """Four processes that hold the same object: what they take together, in MB above four that hold nothing."""
    ours("frame", folder)()
    peer("frame", folder, "joblib mmap")()
    found = {}
    for subject in ("nothing", "heirloom", "joblib mmap"):
        command = [sys.executable, __file__, "--scale", str(SCALE), "--part", "hold", "frame", subject, str(folder)]
        if subject == "nothing":
            command[-2] = "heirloom"
            command[-4] = "idle"
        running = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(4)]
        for process in running:
            process.stdout.readline()
        found[subject] = sum(_pss(process.pid) for process in running)
        for process in running:
            process.communicate("\n")
    base = found.pop("nothing")
    told("four processes that hold the 440 MB DataFrame, PSS above idle ones", {k: v - base for k, v in found.items()}, "joblib mmap", "MB")


def _pss(pid: int) -> float:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1000
    return 0.0


def part(name: str, rest: list[str]) -> None:
    """Do what another process was asked to do."""
    if name == "load":
        print(json.dumps(load(rest[0], rest[1], Path(rest[2]))))
    elif name == "fill":
        print(json.dumps(fill(Path(rest[0]), int(rest[1]), int(rest[2]), rest[3])))
    elif name == "first":
        print(json.dumps(first(Path(rest[0]), int(rest[1]))))
    elif name == "first_peer":
        print(json.dumps(first_peer(Path(rest[0]), rest[1])))
    elif name == "idle":
        print(0, flush=True)
        sys.stdin.readline()
    else:
        hold(rest[0], rest[1], Path(rest[2]))


def main() -> None:
    """Print the rows that were asked for."""
    global SCALE
    rows = {name[4:]: row for name, row in globals().items() if name.startswith("row_")}
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--scale", type=float, default=1.0)
    asked.add_argument("--part", nargs=argparse.REMAINDER)
    asked.add_argument("rows", nargs="*")
    given = asked.parse_args()
    SCALE = given.scale
    if given.part:
        part(given.part[0], given.part[1:])
        return
    for name in given.rows or rows:
        with tempfile.TemporaryDirectory(dir=os.environ.get("HEIRLOOM_BENCH_FOLDER")) as folder:
            rows[name](Path(folder))


if __name__ == "__main__":
    main()
