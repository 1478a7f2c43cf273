"""Memory hits, side by side: ours, `functools`, and peers from PyPI where they are installed.

Run: ``python benches/python/hits.py``. Each shape is timed in turns, peer after peer, many rounds; the best round of
each counts, and the ratio to `functools` in the same run is what is compared.
"""

from __future__ import annotations

import functools
import timeit
from importlib import import_module

import heirloom

NUMBER, ROUNDS = 10_000, 40

SHAPES = {
    "no argument": ("f()", lambda: 1.5),
    "1 int": ("f(12345)", lambda a: 1.5),
    "1 str": ("f('carrier')", lambda a: 1.5),
    "2 arguments": ("f(12345, 'UA')", lambda a, b: 1.5),
    "3 arguments": ("f(12345, 'UA', 1.5)", lambda a, b, c: 1.5),
    "1 keyword": ("f(a=12345)", lambda a: 1.5),
    "2 keywords": ("f(a=12345, b='UA')", lambda a, b: 1.5),
    "tuple": ("f((2013, 'UA', 1))", lambda a: 1.5),
    "tuple, made anew": ("f((year, 'UA', 1))", lambda a: 1.5),
    "method": ("o.m()", None),
    "method, self ignored": ("o.m()", None),
}


def decorators(store: heirloom.Store) -> dict[str, object]:
    """Name every way to decorate; ours first, with the code looked at before each hit, and with counters only."""
    found = {
        "heirloom.cached": store.cached,
        "… code='manual'": functools.partial(store.cached, code="manual"),
        "heirloom.lru_cache": heirloom.lru_cache(128),
        "functools.lru_cache": functools.lru_cache(128),
        "functools.cache": functools.cache,
    }
    for module, make in (
        ("cachetools", lambda m: m.cached(m.LRUCache(128))),
        ("cachebox", lambda m: m.cached(m.LRUCache(128))),
    ):
        try:
            found[module] = make(import_module(module))
        except ImportError:
            continue
    return found


def body(decorate: object, function: object, shape: str) -> dict[str, object]:
    """Make what the timed statement sees."""
    if function is not None:
        made = lambda *a, **k: 1.5  # noqa: E731
        made.__code__ = function.__code__
        made.__qualname__ = made.__name__ = "f" + "".join(filter(str.isalnum, shape))
        return {"f": decorate(made), "year": 2013}

    def m(self: object) -> float:
        return 1.5

    heirlooms = isinstance(decorate, functools.partial) or getattr(decorate, "__name__", "") == "cached"
    ignored = {"ignore": ("self",)} if heirlooms and "ignored" in shape else {}
    owner = type("Owner", (), {"m": decorate(m, **ignored)})
    return {"o": owner()}


def main() -> None:
    """Print nanoseconds per hit and the ratio to `functools.lru_cache`."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        peers = decorators(heirloom.Store(folder))
        print(f"{'ns per hit':18}" + "".join(f"{name:>24}" for name in peers))
        for shape, (statement, function) in SHAPES.items():
            timers = {}
            for name, decorate in peers.items():
                names = body(decorate, function, shape)
                eval(statement, names)
                timers[name] = timeit.Timer(statement, globals=names)
            best = dict.fromkeys(timers, float("inf"))
            for _ in range(ROUNDS):
                for name, timer in timers.items():
                    best[name] = min(best[name], timer.timeit(NUMBER) / NUMBER * 1e9)
            against = best["functools.lru_cache"]
            print(f"{shape:18}" + "".join(f"{ns:14.0f} ({ns / against:6.2f})" for ns in best.values()))


if __name__ == "__main__":
    main()
