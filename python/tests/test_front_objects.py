"""Objects in the front table: a method whose ``self`` counts, objects of a project's classes, lists and dicts.

Each neighbour is a change that a key would see: the next call must not be answered with the object of the former state.
"""

from __future__ import annotations

import abc
import copyreg
import dataclasses
import gc
import itertools
import typing
import weakref

import pytest
from heirloom._cached import Cached


@pytest.fixture
def slow(monkeypatch):
    """Count the calls that do not end at the front table."""
    calls, miss = [], Cached._miss
    monkeypatch.setattr(Cached, "_miss", lambda self, args, kwargs: (calls.append(args), miss(self, args, kwargs))[1])
    return calls


@pytest.fixture(params=["manual", "closure"])
def numbered(request, heirloom_store):
    """Decorate a function that tells how often it was built, and which sees its arguments."""
    count = itertools.count()
    return heirloom_store.cached(lambda *args: next(count), code=request.param, name="numbered", ignore_code=(count,))


class Plain:
    kind = "plain"

    def __init__(self, at=1, more=()):
        self.at = at
        self.more = more

    def helper(self):
        return self.at


class Slotted:
    __slots__ = ("__hidden", "at", "unset")

    def __init__(self, at=1):
        self.at = at
        self.__hidden = "h"


class Below(Slotted):
    """Slots and a dict."""

    def __init__(self, at=1):
        super().__init__(at)
        self.beside = [1, {"deep": (2, [3])}]


class Empty:
    pass


class Abstract(abc.ABC):
    @abc.abstractmethod
    def say(self): ...


class Concrete(Abstract):
    def __init__(self, at=1):
        self.at = at

    def say(self):
        return self.at


@dataclasses.dataclass
class Data:
    at: int = 1
    names: list = dataclasses.field(default_factory=lambda: ["a"])


@dataclasses.dataclass(frozen=True, slots=True)
class Frozen:
    at: int = 1
    inner: tuple = (1, ("b",))


class Row(typing.NamedTuple):
    at: int = 1
    tags: list = ()


MAKERS = {
    "a plain object": Plain,
    "an empty object": Empty,
    "an object with slots": Slotted,
    "slots and attributes": Below,
    "of an abstract class": Concrete,
    "a dataclass": Data,
    "a frozen dataclass with slots": Frozen,
    "a named tuple": lambda: Row(1, ["t"]),
    "an object in an object": lambda: Plain(Plain(2)),
    "objects in a list": lambda: [Plain(), Data(), {"k": Slotted()}],
    "a list": lambda: [1, "a", 1.5],
    "a dict": lambda: {"a": 1, 2: [None]},
    "an object in a tuple": lambda: (1, Plain()),
}


@pytest.mark.parametrize("make", MAKERS.values(), ids=list(MAKERS))
def test_the_same_object_and_an_equal_one_are_hits_of_the_front_table(numbered, slow, make):
    one, other = make(), make()
    first = numbered(one)
    numbered(one), numbered(other)
    slow.clear()
    assert [numbered(one), numbered(other), numbered(make())] == [first] * 3
    assert slow == []


CHANGES = {
    "an attribute set": (Plain, lambda o: setattr(o, "at", 2)),
    "an attribute of another type": (Plain, lambda o: setattr(o, "at", True)),
    "an attribute added": (Plain, lambda o: setattr(o, "extra", 1)),
    "an attribute deleted": (Plain, lambda o: delattr(o, "at")),
    "an attribute added to nothing": (Empty, lambda o: setattr(o, "extra", 1)),
    "its dict exchanged": (Plain, lambda o: setattr(o, "__dict__", {"at": 3, "more": ()})),
    "its class exchanged": (Plain, lambda o: setattr(o, "__class__", Empty)),
    "a slot set": (Slotted, lambda o: setattr(o, "at", 2)),
    "a slot filled": (Slotted, lambda o: setattr(o, "unset", 0)),
    "a slot emptied": (Slotted, lambda o: delattr(o, "at")),
    "a hidden slot set": (Slotted, lambda o: setattr(o, "_Slotted__hidden", "other")),
    "a slot of a base set": (Below, lambda o: setattr(o, "at", 2)),
    "a list inside changed": (Below, lambda o: o.beside.append(4)),
    "a list deep inside changed": (Below, lambda o: o.beside[1]["deep"][1].append(4)),
    "a list deep inside exchanged": (Below, lambda o: o.beside[1].update(deep=(2, [4]))),
    "a dict inside in another order": (
        lambda: Plain({"a": 1, "b": 2}), lambda o: setattr(o, "at", {"b": 2, "a": 1}),
    ),
    "an object inside changed": (lambda: Plain(Plain(2)), lambda o: setattr(o.at, "at", 3)),
    "a field set": (Data, lambda o: setattr(o, "at", 2)),
    "a field's list changed": (Data, lambda o: o.names.append("b")),
    "a field deleted": (Data, lambda o: delattr(o, "names")),
    "a frozen field set by force": (Frozen, lambda o: object.__setattr__(o, "at", 2)),
    "an item of a named tuple changed": (lambda: Row(1, ["t"]), lambda o: o.tags.append("u")),
    "a list changed": (lambda: [1, 2], lambda o: o.__setitem__(0, 1.0)),
    "a list longer": (lambda: [1, 2], lambda o: o.append(3)),
    "a dict changed": (lambda: {"a": 1}, lambda o: o.update(a=2)),
    "a dict longer": (lambda: {"a": 1}, lambda o: o.update(b=2)),
    "a method of its own": (Plain, lambda o: setattr(o, "__getstate__", lambda: {"at": 9})),
    "its own copying": (Plain, lambda o: setattr(o, "__reduce_ex__", lambda protocol: (Plain, (9,)))),
}  # fmt: skip


@pytest.mark.parametrize(("make", "change"), CHANGES.values(), ids=list(CHANGES))
def test_a_changed_object_is_another_one(numbered, slow, make, change):
    changed = make()
    first = numbered(changed)
    assert [numbered(changed), numbered(changed)] == [first, first]
    slow.clear()
    assert (numbered(changed), slow) == (first, []), "in the front table before it is changed"
    change(changed)
    assert numbered(changed) != first
    assert numbered(make()) == first, "what was kept for the former state is still there"


def local_class():
    def say(self):
        return "one"

    def other(self):
        return "two"

    return type("Local", (), {"say": say, "count": 1, "tags": [1], "__module__": __name__}), other


CLASS_CHANGES = {
    "a class attribute set": lambda cls, other: setattr(cls, "count", 2),
    "a method exchanged": lambda cls, other: setattr(cls, "say", other),
    "a method's code exchanged": lambda cls, other: setattr(cls.say, "__code__", other.__code__),
    "a method added": lambda cls, other: setattr(cls, "other", other),
    "another name": lambda cls, other: setattr(cls, "__qualname__", "Other"),
    "a key of its own": lambda cls, other: setattr(cls, "__heirloom_key__", lambda self: "own"),
    "a state of its own": lambda cls, other: setattr(cls, "__getstate__", lambda self: {"own": 1}),
    "copied elsewhere": lambda cls, other: copyreg.pickle(cls, lambda value: (cls, (1, 2))),
}


@pytest.mark.parametrize("change", CLASS_CHANGES.values(), ids=list(CLASS_CHANGES))
def test_a_changed_class_is_another_one(heirloom_store, slow, monkeypatch, change):
    monkeypatch.setattr(copyreg, "dispatch_table", copyreg.dispatch_table)
    count = itertools.count()
    f = heirloom_store.cached(lambda x: next(count), code="closure", name="of a class", ignore_code=(count,))
    cls, other = local_class()
    one = cls()
    first = f(one)
    f(one)
    slow.clear()
    assert (f(one), slow) == (first, []), "in the front table before the class is changed"
    try:
        change(cls, other)
        assert f(one) != first
    finally:
        copyreg.dispatch_table.pop(cls, None)


def test_with_counters_only_the_code_of_a_class_does_not_count(heirloom_store, slow):
    count = itertools.count()
    f = heirloom_store.cached(lambda x: next(count), code="manual", name="of a class")
    cls, other = local_class()
    one = cls()
    f(one)
    cls.say = other
    assert f(one) == 0
    assert f(one) == 0
    slow.clear()
    assert (f(one), slow) == (0, [])


class Keyed:
    def __init__(self, at):
        self.at = at

    def __heirloom_key__(self):
        return "even" if self.at % 2 == 0 else "odd"


class Reduced:
    answers = itertools.count()

    def __reduce__(self):
        return Reduced, (), {"now": next(self.answers)}


@dataclasses.dataclass
class Computed:
    at: int = 0

    def __getattribute__(self, name):
        return next(type(self).answers) if name == "at" else super().__getattribute__(name)

    answers = itertools.count()


class Items(typing.NamedTuple):
    at: int = 0


class Iterated(Items):
    answers = itertools.count()

    def __iter__(self):
        return iter([next(self.answers)])


SPEAKING = [Reduced, Computed, Iterated]


@pytest.mark.parametrize("cls", SPEAKING)
def test_an_object_that_answers_for_itself_is_asked_each_time(heirloom_store, cls):
    f = heirloom_store.cached(lambda x: object(), code="manual", name="speaking")
    one = cls()
    assert len({id(kept) for kept in [f(one), f(one), f(one)]}) == 3


def test_a_key_of_its_own_decides(heirloom_store):
    count = itertools.count()
    f = heirloom_store.cached(lambda x: next(count), code="manual", name="keyed")
    one = Keyed(2)
    assert [f(one), f(one), f(Keyed(4)), f(one)] == [0] * 4
    one.at = 3
    assert [f(one), f(Keyed(2))] == [1, 0]


def test_a_front_entry_keeps_no_object_alive(heirloom_store):
    f = heirloom_store.cached(lambda x: 1, code="manual", name="free")
    one = Plain(Plain(3), [Empty()])
    one.at.more = one.more
    freed = weakref.ref(one), weakref.ref(one.at), weakref.ref(one.more[0])
    f(one), f(one), f(one)
    del one
    gc.collect()
    assert [ref() for ref in freed] == [None] * 3


def test_a_class_that_is_gone_is_not_taken_for_another_at_its_address(heirloom_store):
    f = heirloom_store.cached(lambda x: type(x).__name__, code="manual", name="reused")
    for at in range(200):
        made = type(f"Made{at}", (), {})
        assert f(made()) == f"Made{at}" == f(made())
        del made
        gc.collect() if at % 50 == 0 else None


def test_many_equal_objects_share_one_front_entry_and_many_classes_pass(heirloom_store, slow):
    f = heirloom_store.cached(lambda x: type(x).__name__, code="manual", name="many")
    classes = [type(f"Made{at}", (), {}) for at in range(300)]
    for _ in range(3):
        assert [f(cls()) for cls in classes] == [cls.__name__ for cls in classes]
    f(classes[0]()), f(classes[0]())
    slow.clear()
    assert [f(classes[0]()) for _ in range(50)] == ["Made0"] * 50
    assert slow == []


def test_circles_and_large_values_take_the_whole_road(heirloom_store, slow):
    count = itertools.count()
    f = heirloom_store.cached(lambda x: next(count), code="manual", name="large")
    circle = Plain()
    circle.at = circle
    deep = 1
    for _ in range(20):
        deep = [deep]
    for value in (circle, list(range(1000)), deep):
        first = f(value)
        f(value)
        slow.clear()
        assert f(value) == first
        assert len(slow) == 1


def test_what_a_builder_changes_of_its_own_object_is_another_state(heirloom_store):
    @heirloom_store.cached(code="manual", name="changing")
    def advance(self):
        self.at += 1
        return self.at

    one = Plain(1)
    assert [advance(one), advance(one), advance(Plain(1)), advance(Plain(2))] == [2, 3, 2, 3]


class Owner:
    def __init__(self, at):
        self.at = at


def test_a_method_whose_self_counts_is_a_hit_of_the_front_table(heirloom_store, slow):
    built = []

    def total(self, factor, *, plus=0):
        built.append(self.at)
        return self.at * factor + plus

    Owner.total = heirloom_store.cached(total, ignore_code=(built,))
    one, other = Owner(2), Owner(3)
    for _ in range(3):
        assert [one.total(10), other.total(10), one.total(10, plus=1)] == [20, 30, 21]
    slow.clear()
    assert [one.total(10), other.total(10), one.total(10, plus=1), Owner(2).total(10)] == [20, 30, 21, 20]
    assert (slow, built) == ([], [2, 3, 2])
    one.at = 4
    assert one.total(10) == 40


def test_tasks_find_objects_in_the_front_table_only_in_their_present_state(heirloom_store):
    import asyncio

    @heirloom_store.cached(code="manual", name="task")
    async def at(x):
        return x.at

    async def main():
        one = Plain(1)
        assert [await at(one), await at(one)] == [1, 1]
        one.at = 2
        assert [await at(one), await at(one)] == [2, 2]

    asyncio.run(main())
