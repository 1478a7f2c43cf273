"""What lives as long as somebody holds it: weak values, interning, flyweights, observers."""

from __future__ import annotations

import asyncio
import copy
import gc
import pickle
import struct
import sys
import threading
import warnings
from abc import ABC, abstractmethod
from dataclasses import FrozenInstanceError, dataclass, field, make_dataclass, replace

import numpy as np
import pandas as pd
import pytest
from heirloom import HeirloomWarning
from heirloom.reuse import Interner, Observers, WeakValueCache, flyweight, flyweight_stats, intern, intern_all
from hypothesis import given
from hypothesis import strategies as st
from test_reuse_cache import herd


class Thing:
    pass


@given(st.lists(st.tuples(st.sampled_from("cgdr"), st.integers(0, 5)), max_size=100))
def test_entries_live_exactly_as_long_as_somebody_holds_them(steps):
    table, held = WeakValueCache(), {}
    for what, key in steps:
        if what == "c":
            old = held.get(key)
            held[key] = table.get_or_create(key, Thing)
            assert old is None or held[key] is old
            del old
        elif what == "g":
            assert table.get(key) is held.get(key)
        elif what == "d":
            held.pop(key, None)
        elif key in held:
            del table[key]
            held.pop(key)
        assert set(table) == set(held)
        assert (len(table), table.stats().live) == (len(held), len(held))


def test_of_many_threads_one_builds():
    built, got = herd(WeakValueCache())
    assert (built, len(got), len(set(map(id, got)))) == (1, 8, 1)


def test_access_counts_and_live_counts():
    table = WeakValueCache()
    thing = table.get_or_create("k", Thing)
    assert table.uses("k") == 0
    assert table["k"] is table.get("k") is thing
    assert (table.uses("k"), table.stats().hits, table.stats().misses) == (2, 2, 1)
    del thing
    with pytest.raises(KeyError):
        table.uses("k")
    assert table.stats().live == 0


def test_the_dead_leave_without_anybody_asking():
    table = WeakValueCache()
    for number in range(1000):
        table.get_or_create(number, Thing)
    assert len(table._table) == 0


def test_one_that_dies_while_another_looks_for_its_key_leaves_at_once():
    table, things = WeakValueCache(), {}

    class Key:
        def __hash__(self):
            return 7

        def __eq__(self, other):
            if things:
                thread = threading.Thread(target=things.clear)
                thread.start()
                thread.join(60)
                assert not thread.is_alive(), "the dying wait for nothing"
            return self is other

    things["k"] = table.get_or_create(Key(), Thing)
    assert Key() not in table
    assert len(table) == len(table._table) == 0


def test_a_table_that_is_gone_does_not_mind():
    table = WeakValueCache()
    thing = table.get_or_create("k", Thing)
    del table
    gc.collect()
    del thing


@pytest.mark.parametrize("value", [7, "text", (1, 2)])
def test_what_has_no_weak_references_is_refused(value):
    table = WeakValueCache()
    kind = type(value).__name__
    said = f"cannot hold .*: Python keeps no weak references to {kind} objects; wrap it in a class of your own"
    with pytest.raises(TypeError, match=said):
        table["k"] = value
    with pytest.raises(TypeError, match=said):
        table.get_or_create("k", lambda: value)


def test_slots_without_weakref_are_named():
    class Slim:
        __slots__ = ()

    with pytest.raises(TypeError, match='add "__weakref__" to the `__slots__` of Slim'):
        WeakValueCache()["k"] = Slim()


def test_tasks_share_a_weak_build():
    table = WeakValueCache()

    async def build():
        await asyncio.sleep(0)
        return Thing()

    async def main():
        return await asyncio.gather(*(table.get_or_create_async("k", build) for _ in range(4)))

    got = asyncio.run(main())
    assert (len(set(map(id, got))), table.stats().builds) == (1, 1)


@dataclass(frozen=True)
class Colour:
    name: str
    depth: float


@dataclass(frozen=True, slots=False)
class Shade:
    colour: Colour


@dataclass
class Loose:
    name: str


VALUES = st.recursive(
    st.one_of(st.integers(-3, 3), st.booleans(), st.floats(allow_nan=True, width=16), st.text(max_size=2), st.binary(max_size=2)),
    lambda inner: st.lists(inner, max_size=3).map(tuple),
    max_leaves=6,
)


def told_apart(value):
    return (type(value), tuple(map(told_apart, value))) if type(value) is tuple else (type(value), repr(value))


@given(st.lists(VALUES, max_size=30))
def test_interned_values_are_one_object_exactly_when_they_are_the_same(values):
    table = Interner()
    ones = [table.intern(value) for value in values]
    for value, one in zip(values, ones, strict=True):
        assert told_apart(value) == told_apart(one)
    for one, value in zip(ones, values, strict=True):
        for other, again in zip(ones, values, strict=True):
            assert (one is other) == (told_apart(value) == told_apart(again)) or type(one) in (bool, int, float)


def test_interned_values_are_freed_when_nobody_holds_them():
    table = Interner()
    held = table.intern(("held", *range(1)))
    for number in range(10_000):
        table.intern((number, b"x"))
    assert len(table._counted) <= 600, "it sweeps by itself"
    assert (table.sweep() > 0, len(table)) == (True, 1)
    assert table.intern(("held", *range(1))) is held
    colour = table.intern(Colour("red", 1.0))
    assert (table.intern(Colour("red", 1.0)) is colour, len(table)) == (True, 2)
    del colour, held
    assert len(table) == 0


def test_weakly_interned_objects_of_any_class():
    class Point:
        def __init__(self, at):
            self.at = at

        def __eq__(self, other):
            return self.at == other.at

        def __hash__(self):
            return hash(self.at)

    table = Interner()
    one = table.intern(Point(1))
    assert table.intern(Point(1)) is one
    assert table.intern(Point(2)) is not one
    del one
    assert len(table) == 0


def test_what_python_calls_equal_is_told_apart():
    assert type(intern((1.0,))[0]) is float
    assert type(intern((1,))[0]) is int
    assert str(intern((0.0,))) != str(intern((-0.0,)))
    assert intern(Shade(Colour("red", 1.0))) is not intern(Shade(Colour("red", 1)))


@dataclass(frozen=True)
class Noted:
    """A value with a note that is no part of it."""

    value: int
    note: str = field(compare=False)


def test_all_that_is_no_number_is_one_and_notes_do_not_count():
    other_bits = struct.unpack("<d", struct.pack("<Q", 0x7FF8_0000_0000_0007))[0]
    assert intern((float("nan"),)) is intern((other_bits,))
    table = Interner()
    assert table.intern(Noted(1, "once")) is table.intern(Noted(1, "again"))


def test_a_class_at_the_address_of_one_that_died_is_another():
    table = Interner()
    for number in range(200):
        name = f"field{number}"
        kind = make_dataclass("Kind", [name], frozen=True, eq=True)
        assert table.intern(kind(number)) is table.intern(kind(number))
        del kind
        gc.collect(0)


@pytest.mark.parametrize("value", [[1], ([],), Loose("a"), {"a": 1}])
def test_what_may_change_cannot_be_interned(value):
    with pytest.raises(TypeError, match=r"cannot be interned: .*(unhashable|can change)"):
        intern(value)


def test_a_column_of_labels_tells_the_bytes_saved():
    labels = ["".join(["label of category ", str(number % 10)]) for number in range(100_000)]
    column = intern_all(labels)
    assert column.values == labels
    assert (column.distinct, len(set(map(id, column.values)))) == (10, 10)
    each = sys.getsizeof(labels[0])
    assert (column.bytes_before, column.bytes_after, column.bytes_saved) == (100_000 * each, 10 * each, 99_990 * each)


def test_columns_of_numpy_and_pandas_keep_their_form():
    texts = [bytes([65 + number % 2]) * 9 for number in range(6)]
    array = intern_all(np.array(texts, dtype=object)).values
    assert array.dtype == object
    assert (list(array), len(set(map(id, array)))) == (texts, 2)
    series = pd.Series(["a b", "c d", "a b"], index=[5, 6, 7], name="who", dtype=object)
    assert intern_all(series).values.equals(series)
    assert intern_all(series).values.name == "who"
    with pytest.raises(TypeError, match="an array with 2 dimensions is no column"):
        intern_all(np.zeros((2, 2), dtype=object))


@flyweight
class Maker:
    """A maker of products."""

    built = 0

    def __init__(self, name, country="DE", *, since=None):
        self.name, self.country, self.since = name, country, since
        Maker.built += 1


@flyweight
class Slim:
    __slots__ = ("name",)

    def __init__(self, name):
        self.name = name


class Fast(Maker):
    def __init__(self, name):
        super().__init__(name, "IT")
        self.speed = 9


@flyweight
@dataclass(frozen=True)
class Point:
    x: float
    y: float = 0


@flyweight
class Shape(ABC):
    def __init__(self, sides):
        self.sides = sides

    @abstractmethod
    def area(self): ...


class Square(Shape):
    def area(self):
        return 1


def test_equal_constructions_share_one_instance():
    Maker.built = 0
    acme = Maker("Acme")
    assert Maker(name="Acme", country="DE") is Maker("Acme", since=None) is acme
    assert Maker("Acme", since=1900) is not acme
    assert (Maker.built, flyweight_stats(Maker).live, Maker.__name__, Maker.__doc__) == (2, 1, "Maker", "A maker of products.")
    assert isinstance(acme, Maker)
    del acme
    assert flyweight_stats(Maker).live == 0


def test_arguments_that_python_calls_equal_make_two_instances():
    one, other = Point(1), Point(1.0)
    assert one is not other
    assert one == other


def test_flyweights_with_slots_subclasses_dataclasses_and_abstract_classes():
    slim = Slim("a")
    assert Slim("a") is slim
    assert not hasattr(slim, "__dict__")
    fast, plain = Fast("Acme"), Maker("Acme", "IT")
    assert Fast("Acme") is fast
    assert fast is not plain
    assert (fast.speed, fast.country, type(fast)) == (9, "IT", Fast)
    point = Point(1, 2)
    assert replace(point, y=2) is point
    with pytest.raises(FrozenInstanceError):
        point.x = 3
    assert repr(point) == "Point(x=1, y=2)"
    square = Square(4)
    assert Square(4) is square
    with pytest.raises(TypeError, match="abstract"):
        Shape(3)


@pytest.mark.parametrize("make", [lambda: Maker("Acme", since=1), lambda: Slim("b"), lambda: Fast("c"), lambda: Point(1, y=5)])
def test_copying_and_unpickling_give_the_shared_instance(make):
    one = make()
    assert copy.copy(one) is one
    assert copy.deepcopy([one])[0] is one
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(one, protocol)) is one


def test_a_constructor_that_raises_leaves_nothing_behind():
    @flyweight
    class Picky:
        def __init__(self, value):
            if value < 0:
                raise ValueError("too small")

    for _ in range(2):
        with pytest.raises(ValueError, match="too small"):
            Picky(-1)
    assert flyweight_stats(Picky).live == 0


def test_flyweights_refuse_what_cannot_be_a_key():
    with pytest.raises(TypeError, match="Maker is a flyweight: its arguments are its key, and unhashable type: 'list'"):
        Maker(["Acme"])
    with pytest.raises(TypeError, match="missing a required argument: 'name'"):
        Maker()
    with pytest.raises(TypeError, match="decorates classes"):
        flyweight(len)
    with pytest.raises(TypeError, match="is no flyweight class"):
        flyweight_stats(Thing)


class Listener:
    def __init__(self, said):
        self.said = said

    def hear(self, event):
        self.said.append((id(self), event))


@given(st.lists(st.tuples(st.sampled_from("adr"), st.integers(0, 20)), max_size=80))
def test_those_alive_and_listed_are_called_in_order(steps):
    observers, said, kept, listed = Observers(), [], [], []
    for what, which in steps:
        if what == "a":
            kept.append(Listener(said))
            observers.add(kept[-1].hear)
            listed.append(id(kept[-1]))
        elif kept:
            chosen = which % len(kept)
            number = id(kept[chosen])
            if what == "r":
                assert observers.remove(kept[chosen].hear) == (number in listed)
            else:
                del kept[chosen]
            listed = [other for other in listed if other != number]
        said.clear()
        assert observers.notify("e").called == len(observers) == len(listed)
        assert said == [(number, "e") for number in listed]


def test_an_error_of_one_does_not_stop_the_others():
    observers, said = Observers(), []

    def bad(event):
        raise ValueError(event)

    observers.add(bad)
    keep = observers.watch(said.append)
    with pytest.warns(HeirloomWarning, match="raised ValueError: noise; the others were called"):
        notified = observers.notify("noise")
    assert (notified.called, [str(error) for error in notified.errors], said) == (2, ["noise"], ["noise"])
    told = []
    quiet = Observers(on_error=lambda observer, error: told.append((observer, str(error))))
    quiet.add(bad)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        quiet.notify("x")
    assert told == [(bad, "x")]
    keep.stop()
    assert len(observers) == 1


def test_observers_come_go_and_die_while_notify_runs():
    observers, said = Observers(), []
    later = Listener(said)
    watches = []

    def meddle(event):
        nonlocal later
        later = None
        observers.remove(removed.hear)
        watches.append(observers.watch(lambda event: said.append(("new", event))))

    removed = Listener(said)
    observers.add(meddle)
    observers.add(later.hear)
    observers.add(removed.hear)
    assert (observers.notify(1).called, said) == (1, [])
    assert (observers.notify(2).called, said) == (2, [("new", 2)])


def test_a_watch_ends_when_it_is_dropped_and_the_dead_do_not_pile_up():
    observers = Observers()
    with observers.watch(lambda event: None):
        assert len(observers) == 1
    assert len(observers._entries) == 0
    for _ in range(1000):
        observers.watch(lambda event: None)
    assert (len(observers), len(observers._entries) <= 32) == (0, True)


def test_observers_refuse_what_cannot_be_called_or_weakly_held():
    with pytest.raises(TypeError, match="7 cannot observe, because it cannot be called"):
        Observers().add(7)
    class Slim:
        __slots__ = ()

        def hear(self, event): ...

    with pytest.raises(TypeError, match=r'a set of observers cannot hold .*; add "__weakref__" to the `__slots__` of Slim'):
        Observers().add(Slim().hear)
