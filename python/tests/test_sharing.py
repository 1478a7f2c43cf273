"""How clients share an object: nobody spoils it for the next, and nobody pays for what cannot be spoilt."""

from __future__ import annotations

import collections
import dataclasses
import functools

import heirloom
import numpy as np
import pandas as pd
import pytest
from heirloom import Store


class Plain:
    def __init__(self):
        self.items = [1]

    @functools.cached_property
    def total(self):
        return sum(self.items)


class Slotted:
    __slots__ = ("a", "b")

    def __init__(self):
        self.a = 1


@dataclasses.dataclass
class Row:
    cells: dict


def setitem(key, value):
    return lambda made: made.__setitem__(key, value)


SPOILT = {
    "list": (lambda: [3, 4], lambda made: made.append(5)),
    "dict": (lambda: {"a": 1}, setitem("a", 2)),
    "set": (lambda: {1, 2}, lambda made: made.add(3)),
    "nested": (lambda: {"a": [1, ({"x": 2},)]}, lambda made: made["a"][1][0].update(x=3)),
    "in a tuple": (lambda: (1, [2]), lambda made: made[1].append(3)),
    "bytearray": (lambda: bytearray(b"abc"), setitem(0, 0)),
    "deque": (lambda: collections.deque([1]), lambda made: made.append(2)),
    "defaultdict": (lambda: collections.defaultdict(list), lambda made: made["new"]),
    "OrderedDict": (lambda: collections.OrderedDict(a=1, b=2), lambda made: made.move_to_end("a")),
    "object": (Plain, lambda made: made.items.append(2)),
    "attribute": (Plain, lambda made: setattr(made, "more", 2)),
    "slot": (Slotted, lambda made: setattr(made, "b", 2)),
    "dataclass": (lambda: Row({"a": 1}), lambda made: made.cells.clear()),
    "column": (lambda: pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}), setitem("c", 3)),
    "column names": (lambda: pd.DataFrame({"a": [1, 2]}), lambda made: setattr(made, "columns", ["z"])),
    "index name": (lambda: pd.DataFrame({"a": [1, 2]}), lambda made: setattr(made.index, "name", "i")),
    "series name": (lambda: pd.Series([1, 2], name="s"), lambda made: setattr(made, "name", "t")),
}


def shown(value):
    if isinstance(value, Slotted):
        return value.a, hasattr(value, "b")
    return repr(vars(value)) if isinstance(value, Plain) else repr(value)


@pytest.mark.parametrize("kind", SPOILT)
@pytest.mark.parametrize("in_memory", [False, True])
def test_the_next_caller_gets_what_was_built(heirloom_store, kind, in_memory):
    make, spoil = SPOILT[kind]
    store, built = Store() if in_memory else heirloom_store, []

    @store.cached(name=f"spoilt {kind}")
    def table(year):
        built.append(year)
        return make()

    held = table(1)
    assert table(1) is held
    spoil(held)
    assert shown(held) != shown(make())
    assert shown(table(1)) == shown(make())
    assert table(1) is table(1)
    # What is on disk is opened again; what is in memory only must be built again.
    assert len(built) == 1 + in_memory


@pytest.mark.parametrize("in_memory", [False, True])
def test_arrays_come_back_read_only_from_the_first_caller_on(heirloom_store, in_memory):
    store = Store() if in_memory else heirloom_store

    @store.cached
    def grid(dtype):
        return {"grid": np.ones((2, 3), dtype=dtype).T}

    for dtype in ("f8", "i2", object):
        for _ in range(2):
            with pytest.raises(ValueError, match="read-only"):
                grid(dtype)["grid"][0, 0] = 2


def test_a_cached_property_is_no_change(heirloom_store):
    table = heirloom_store.cached(lambda: Plain(), name="properties")
    held = table()
    assert held.total == 1
    assert table() is held


def test_copies(heirloom_store):
    @heirloom_store.cached(copy=True)
    def table():
        return {"grid": np.arange(3), "rows": [1], "frame": pd.DataFrame({"a": [1, 2]})}

    first = table()
    first["grid"][0] = 9
    first["rows"].append(2)
    first["frame"].loc[0, "a"] = 7
    second = table()
    assert second is not first
    assert (second["grid"].tolist(), second["rows"], second["frame"]["a"].tolist()) == ([0, 1, 2], [1], [1, 2])
    assert table.cache_info().misses == 1


def test_insisting_on_one_object(heirloom_store):
    table = heirloom_store.cached(lambda: [1], name="trusted", copy=False)
    table().append(2)
    assert table() == [1, 2]


def test_a_mutation_is_told_with_factory_and_key(heirloom_store):
    table = heirloom_store.cached(lambda year: [year], name="tables", check_mutation=True)
    held = table(2013)
    assert table(2013) is held
    held.append(1)
    with pytest.warns(heirloom.HeirloomWarning, match=r"tables\(2013\): a client changed this shared object"):
        assert table(2013) == [2013]


async def ask(table):
    return await table(1)


def test_tasks_get_what_was_built(heirloom_store):
    import asyncio

    built = []

    @heirloom_store.cached
    async def table(year):
        built.append(year)
        return [year]

    asyncio.run(ask(table)).append(2)
    assert asyncio.run(ask(table)) == [1]
    assert built == [1]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"copy": 1}, "copy= takes True"),
        ({"check_mutation": 1}, "takes True or False"),
        ({"copy": True, "check_mutation": True}, "leave copy= out"),
    ],
)
def test_mistyped_options(options, sentence):
    with pytest.raises(TypeError, match=sentence):
        heirloom.cached(**options)(lambda x: x)
