"""``heirloom.reuse`` beside its peers: interleaved rounds, the median of the ratios of single rounds.

Run: ``PYTHONPATH=python python benches/python/reuse.py``; needs cachetools and cachebox. Prints the table of
``docs/benchmarks.md``. Promises: every subject does the same work on the same keys, another one first each round. Refuses:
absolute goals.
"""

from __future__ import annotations

import dataclasses
import functools
import queue
import statistics
import sys
import threading
import time
import weakref
from typing import TYPE_CHECKING, Any

import cachebox
import cachetools
import heirloom
from heirloom.reuse import BufferPool, Cache, Interner, Observers, Pool, WeakValueCache, flyweight, ttl_cache

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS, KEYS = 21, 1000


class Thing:
    """Something that can be held weakly."""


@dataclasses.dataclass(frozen=True)
class Colour:
    """Something that is equal by its fields."""

    name: str
    depth: int


def loop(work: Callable[[int], Any]) -> Callable[[], None]:
    """Do a work once for each key."""

    def run() -> None:
        for key in range(KEYS):
            work(key)

    return run


def filled(table: Any, value: Any = 1) -> Any:
    """Fill a table with all keys."""
    for key in range(KEYS):
        table[key] = value
    return table


def functions() -> dict[str, Callable[[], None]]:
    """Hits of a cached function of one number."""
    double: Callable[[int], int] = lambda number: 2 * number  # noqa: E731
    subjects = {
        "heirloom `ttl_cache`": ttl_cache(maxsize=2 * KEYS, ttl=600)(double),
        "heirloom.lru_cache (no time)": heirloom.lru_cache(maxsize=2 * KEYS)(double),
        "functools.lru_cache (no time)": functools.lru_cache(maxsize=2 * KEYS)(double),
        "cachetools TTLCache": cachetools.cached(cachetools.TTLCache(2 * KEYS, 600))(double),
        "cachebox TTLCache": cachebox.cached(cachebox.TTLCache(2 * KEYS, 600))(double),
    }
    return {name: loop(function) for name, function in subjects.items()}


def hits() -> dict[str, Callable[[], None]]:
    """Hits of a cache object."""
    subjects = {
        "heirloom `Cache`": Cache(2 * KEYS),
        "cachetools LRUCache": cachetools.LRUCache(2 * KEYS),
        "cachebox LRUCache": cachebox.LRUCache(2 * KEYS),
        "dict": {},
        "heirloom `Cache`, ttl": Cache(2 * KEYS, ttl=600),
        "cachetools TTLCache": cachetools.TTLCache(2 * KEYS, 600),
        "cachebox TTLCache": cachebox.TTLCache(2 * KEYS, 600),
        "heirloom `Cache`, cost_aware": Cache(2 * KEYS, cost_aware=True),
    }
    return {name: loop(filled(table).__getitem__) for name, table in subjects.items()}


def evictions() -> dict[str, Callable[[], None]]:
    """Insertions that each evict another entry."""
    subjects = {
        "heirloom `Cache`": Cache(KEYS // 2),
        "cachetools LRUCache": cachetools.LRUCache(KEYS // 2),
        "cachebox LRUCache": cachebox.LRUCache(KEYS // 2),
    }

    def put(table: Any) -> Callable[[int], None]:
        return lambda key: table.__setitem__(key, 1)

    return {name: loop(put(filled(table))) for name, table in subjects.items()}


def weak() -> dict[str, Callable[[], None]]:
    """Hits of a table of weak values."""
    things = [Thing() for _ in range(KEYS)]
    ours: WeakValueCache[int, Thing] = WeakValueCache()
    theirs: weakref.WeakValueDictionary[int, Thing] = weakref.WeakValueDictionary()
    lock = threading.Lock()

    def locked(key: int) -> Thing:
        with lock:
            return theirs[key]

    for key, thing in enumerate(things):
        ours[key] = theirs[key] = thing
    subjects = {
        "heirloom `WeakValueCache`, get": ours.__getitem__,
        "weakref.WeakValueDictionary, get": theirs.__getitem__,
        "weakref.WeakValueDictionary and a lock": locked,
        "heirloom `WeakValueCache.get_or_create`": lambda key: ours.get_or_create(key, lambda: things[key]),
    }
    return {name: loop(work) for name, work in subjects.items()}


def interning() -> dict[str, Callable[[], None]]:
    """Interning text, and tuples."""
    texts = ["".join(("category ", str(number % 10))) for number in range(KEYS)]
    pairs = [(text, "x") for text in texts]
    colours = [Colour(texts[number], number % 10) for number in range(KEYS)]
    table: Interner[Any] = Interner()
    held = [table.intern(colour) for colour in colours]
    known: dict[Any, Any] = {}
    subjects = {
        "heirloom `Interner`, text": lambda key: table.intern(texts[key]),
        "sys.intern, text": lambda key: sys.intern(texts[key]),
        "dict.setdefault, text": lambda key: known.setdefault(texts[key], texts[key]),
        "heirloom `Interner`, pair": lambda key: table.intern(pairs[key]),
        "dict.setdefault, pair": lambda key: known.setdefault(pairs[key], pairs[key]),
        "heirloom `Interner`, frozen dataclass": lambda key, _held=held: table.intern(colours[key]),
        "dict.setdefault, frozen dataclass": lambda key: known.setdefault(colours[key], colours[key]),
    }
    return {name: loop(work) for name, work in subjects.items()}


def pools() -> dict[str, Callable[[], None]]:
    """Take an object and give it back."""
    pool = Pool(Thing, max_size=4)
    idle: queue.LifoQueue[Thing] = queue.LifoQueue()
    idle.put(Thing())
    buffers = BufferPool([4096])

    def lend(_: int) -> None:
        with pool.lend():
            pass

    def acquire(_: int) -> None:
        pool.release(pool.acquire())

    def borrow(_: int) -> None:
        idle.put(idle.get())

    def page(_: int) -> None:
        with buffers.lend(4096):
            pass

    subjects = {"heirloom `Pool`, acquire and release": acquire, "heirloom `Pool`, with": lend, "queue.LifoQueue by hand": borrow}
    subjects["heirloom `BufferPool`, 4 KiB"] = page
    subjects["bytearray(4096)"] = lambda _: bytearray(4096)
    return {name: loop(work) for name, work in subjects.items()}


def flyweights() -> dict[str, Callable[[], None]]:
    """Construct what exists already."""

    class Plain:
        def __init__(self, name: int) -> None:
            self.name = name

    shared = flyweight(Plain)
    known: dict[int, Plain] = {}
    held = [shared(key) for key in range(KEYS)]
    return {
        "heirloom `@flyweight`": loop(lambda key, _held=held: shared(key)),
        "a plain class, not shared": loop(lambda key: Plain(key)),
        "a plain class and a dict by hand": loop(lambda key: known.get(key) or known.setdefault(key, Plain(key))),
    }


def events() -> dict[str, Callable[[], None]]:
    """Tell ten observers of one event."""
    observers: Observers[Callable[[int], object]] = Observers()
    held = [observers.watch(lambda event: None) for _ in range(10)]
    plain: list[Callable[[int], object]] = [lambda event: None for _ in range(10)]

    def by_hand(event: int) -> None:
        for one in plain:
            one(event)

    return {
        "heirloom `Observers`, notify ten": loop(lambda event, _held=held: observers.notify(event)),
        "a list of ten functions": loop(by_hand),
    }


WORKS = {
    "cached function, hit": functions,
    "cache object, hit": hits,
    "cache object, put that evicts": evictions,
    "weak table, hit": weak,
    "interning": interning,
    "pools": pools,
    "flyweight": flyweights,
    "observers": events,
}


def main() -> None:
    """Measure and print."""
    print("| Work | Subject | ns | Ratio to heirloom's (10 to 90 % of rounds) |\n|---|---|---|---|")
    for work, make in WORKS.items():
        subjects = make()
        names = list(subjects)
        times: dict[str, list[float]] = {name: [] for name in names}
        for round_number in range(ROUNDS):
            for turn in range(len(names)):
                name = names[(round_number + turn) % len(names)]
                begun = time.perf_counter()
                subjects[name]()
                times[name].append((time.perf_counter() - begun) / KEYS * 1e9)
        for name in names:
            ratios = sorted(one / ours for one, ours in zip(times[name], times[names[0]], strict=True))
            spread = f"({ratios[len(ratios) // 10]:.2f} to {ratios[len(ratios) * 9 // 10]:.2f})"
            print(f"| {work} | {name} | {statistics.median(times[name]):.0f} | {statistics.median(ratios):.2f} {spread} |")


main()
