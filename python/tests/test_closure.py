"""What counts of code: that of the instructions, of functions, of classes, of values."""

import sys
import textwrap
import threading
import types

import pytest
from heirloom._closure.closure import Closure
from heirloom._closure.present import PresentCode
from heirloom._closure.walker import ABSENT
from heirloom._heirloom import Guards, read_code


def module(text, **names):
    """Make a module of the project, as an import would; always the same one, as in another process."""
    made = types.ModuleType("made")
    made.__file__ = "/project/made.py"
    made.__dict__.update(names)
    sys.modules["made"] = made
    exec(compile(textwrap.dedent(text), made.__file__, "exec", dont_inherit=True), made.__dict__)
    return made


def pieces(text, **names):
    """Name and digest of everything that ``build`` reaches."""
    return {piece: content for piece, content, _ in Closure([module(text, **names).build]).pieces()}


def code(text):
    """What counts of the function ``f``."""
    return read_code(module(text).f.__code__)[0]


PLAIN = """
    def f(a, b=1):
        total = a + b
        if total > 10:
            return [total * 2 for _ in range(3)]
        try:
            return g(total, key="x")
        except ValueError:
            return None
"""

NESTED = """
    def f(a):
        kept = a
        class Row:
            size = 1
        def inner(x, y=2, *, z=3):
            return x + y + z + kept
        for _ in range(3):
            a = inner(a)
        try:
            return Row, inner
        except ValueError:
            return None
"""

NESTED_SAME = {
    "docstring of a class": NESTED.replace("size = 1", '"""A row."""\n            size = 1'),
    "docstring of a function": NESTED.replace("return x", '"""Adds."""\n            return x'),
    "annotations": NESTED.replace("(x, y=2, *, z=3)", "(x: int, y: dict[str, list[int]] = 2, *, z: 'int' = 3) -> made.of(1)[2]"),
    "annotations as text": "    from __future__ import annotations\n" + NESTED.replace("(x, y=2", "(x: int, y: a.b = 2"),
}

SAME = {
    "comment": PLAIN.replace("total = a + b", "total = a + b  # the sum"),
    "docstring": PLAIN.replace("total = a + b", '"""Adds."""\n        total = a + b'),
    "blank lines": PLAIN.replace("        if total", "\n\n\n        if total"),
    "parentheses": PLAIN.replace("a + b", "(\n            a\n            + b\n        )"),
    "annotations": PLAIN.replace("f(a, b=1)", "f(a: int, b: 'int' = 1) -> object").replace("total =", "total: int ="),
    "spelling": PLAIN.replace("10", "0xA").replace('"x"', "'x'"),
    "name of a local": PLAIN.replace("total", "summed"),
}

OTHER = {
    "operator": PLAIN.replace("a + b", "a - b"),
    "comparison": PLAIN.replace("> 10", ">= 10"),
    "constant": PLAIN.replace("10", "11"),
    "type of a constant": PLAIN.replace("10", "10.0"),
    "keyword": PLAIN.replace("key=", "name="),
    "handler": PLAIN.replace("ValueError", "KeyError"),
    "global": PLAIN.replace("g(", "h("),
    "parameter": PLAIN.replace("f(a, b=1)", "f(a, *, b=1)"),
    "inner code": PLAIN.replace("total * 2", "total * 3"),
    "order of operands": PLAIN.replace("a + b", "b + a"),
}


@pytest.mark.parametrize("what", SAME)
def test_layout_does_not_count(what):
    assert SAME[what] != PLAIN
    assert code(SAME[what]) == code(PLAIN)


@pytest.mark.parametrize("what", NESTED_SAME)
def test_descriptions_of_what_is_written_inside_do_not_count(what):
    assert NESTED_SAME[what] != NESTED
    assert code(NESTED_SAME[what]) == code(NESTED)


def test_defaults_of_what_is_written_inside_count():
    assert len({code(NESTED), code(NESTED.replace("y=2", "y=3")), code(NESTED.replace("z=3", "z=4"))}) == 3


@pytest.mark.parametrize("what", OTHER)
def test_what_code_does_counts(what):
    assert OTHER[what] != PLAIN
    assert code(OTHER[what]) != code(PLAIN)


BUILD = """
    import functools
    RATE, TABLE, UNUSED = 3, {"a": [1, 2]}, 0
    def twice(f):
        @functools.wraps(f)
        def run(x):
            return 2 * f(x)
        return run
    class Base:
        offset = 1
        def fit(self, x):
            return x + self.offset
        def unused(self):
            return 0
    class Model(Base):
        def __init__(self):
            self.scale = RATE
    @twice
    def helper(x, by=1):
        return x + by
    def unused():
        return 0
    def build(x):
        return Model().fit(x) + helper(x) + TABLE["a"][0]
"""

CHANGES = {
    "RATE": ("RATE, TABLE, UNUSED = 3", "RATE, TABLE, UNUSED = 4"),
    "TABLE": ("[1, 2]", "[1, 3]"),
    "order of TABLE": ('{"a": [1, 2]}', '{"b": 0, "a": [1, 2]}'),
    "a default of a helper": ("by=1", "by=2"),
    "the decorator of a helper": ("2 * f(x)", "3 * f(x)"),
    "the decorated helper": ("x + by", "x - by"),
    "an attribute of a base": ("offset = 1", "offset = 2"),
    "a method of a base": ("x + self.offset", "x - self.offset"),
    "the base": ("class Model(Base)", "class Model(object)"),
    "the constructor": ("self.scale = RATE", "self.scale = RATE + 1"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_a_builder_reaches_counts(what):
    old, new = CHANGES[what]
    assert BUILD.count(old) == 1
    assert pieces(BUILD.replace(old, new)) != pieces(BUILD)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("UNUSED = 3, {\"a\": [1, 2]}, 0", "UNUSED = 3, {\"a\": [1, 2]}, 1"),
        ("def unused(self):\n            return 0", "def unused(self):\n            return 1"),
        ("def unused():\n        return 0", "def unused():\n        return 1"),
        ("import functools", "import functools, json"),
    ],
)
def test_what_a_builder_does_not_reach_does_not_count(old, new):
    assert BUILD.count(old) == 1
    assert pieces(BUILD.replace(old, new)) == pieces(BUILD)


def test_a_piece_that_changed_is_named():
    before, after = pieces(BUILD), pieces(BUILD.replace("x + self.offset", "x - self.offset"))
    assert {name for name in before if before[name] != after.get(name)} == {"made.Base.fit"}


def test_a_cached_function_counts_by_its_name_only():
    made = module("def build(x):\n    return inner(x)\ndef inner(x):\n    return x")
    plain = Closure([made.build]).pieces()
    import heirloom

    made.inner = heirloom.cached(made.inner)
    assert [name.rpartition(".")[2] for name, _, _ in Closure([made.build]).pieces()] == ["build"]
    assert len(plain) == 2


class Slotted:
    __slots__ = ("rate",)

    def __init__(self):
        self.rate = 1


def _guarded():
    made = module(
        """
        class Holder:
            rate = 1
            def use(self): return self.rate
        def outer():
            kept = 1
            def read(): return kept
            def change(value):
                nonlocal kept
                kept = value
            return read, change
        read, change = outer()
        NUMBER, LIST, DICT, SET, HOLDER = 1, [1, [2]], {"a": {"b": 1}}, {1}, Holder()
        def helper(x, by=1): return x
        def build(x): return NUMBER, LIST, DICT, SET, HOLDER.use(), SLOTTED.rate, helper(x), read()
        """,
        SLOTTED=Slotted(),
    )
    guards = Guards()
    guards.watch(Closure([made.build]).watched, ABSENT)
    return made, guards


def _new_code(x, by=1):
    return x + 1


IN_PLACE = {
    "a global": lambda made: setattr(made, "NUMBER", 2),
    "a list": lambda made: made.LIST.append(3),
    "a list in a list": lambda made: made.LIST[1].append(3),
    "a dict in a dict": lambda made: made.DICT["a"].update(b=2),
    "a set": lambda made: made.SET.add(2),
    "an attribute of a class": lambda made: setattr(made.Holder, "rate", 2),
    "an attribute of an object": lambda made: setattr(made.HOLDER, "rate", 2),
    "an attribute in a slot": lambda made: setattr(made.SLOTTED, "rate", 2),
    "a method": lambda made: setattr(made.Holder, "use", lambda self: 0),
    "a helper": lambda made: setattr(made, "helper", lambda x: 0),
    "the code of a helper": lambda made: setattr(made.helper, "__code__", _new_code.__code__),
    "the defaults of a helper": lambda made: setattr(made.helper, "__defaults__", (2,)),
    "a cell": lambda made: made.change(2),
}


@pytest.mark.parametrize("what", IN_PLACE)
def test_guards_see_a_change_in_place(what):
    made, guards = _guarded()
    assert guards.hold()
    IN_PLACE[what](made)
    assert not guards.hold()


def test_guards_hold_while_something_else_changes():
    made, guards = _guarded()
    made.OTHER = 1
    assert guards.hold()
    for number in range(300):
        made.OTHER = number
    assert guards.hold()
    assert len(guards) > 10


COUNTING = """
    import json
    LOCK, SEEN, COUNT = None, [], 0
    def count(x):
        global COUNT
        COUNT += 1
        SEEN.append(x)
    def build(x):
        count(x)
        return json.dumps(x)
"""


def test_what_a_builder_counts_for_itself_does_not_count():
    import heirloom

    made = module(COUNTING)
    store, built = heirloom.Store(), made.build
    made.build = heirloom.cached(built, store=store)
    other = heirloom.cached(lambda x: built(x), store=store, name="other")
    assert [made.build(1), made.build(2), other(3), made.build(1), other(3)] == ["1", "2", "3", "1", "3"]
    assert (made.COUNT, made.SEEN) == (3, [1, 2, 3])
    first = Closure([built]).pieces()
    assert first == Closure([module(COUNTING).build]).pieces()
    # What somebody else changes counts.
    made.COUNT = 7
    assert made.build(1) == "1"
    assert made.COUNT == 8


def test_of_two_first_looks_the_one_that_is_done_first_counts(monkeypatch):
    memo = []

    def table():
        return memo

    present = PresentCode(table, None, (), ())
    look, begun, changed, told = PresentCode._closure, threading.Event(), threading.Event(), []

    def late_look(self, *, shallow):
        if threading.current_thread() is late:
            begun.set()
            assert changed.wait(60)
        return look(self, shallow=shallow)

    monkeypatch.setattr(PresentCode, "_closure", late_look)
    late = threading.Thread(target=lambda: told.append(present.parts("closure")))
    late.start()
    assert begun.wait(60)
    pieces = present.parts("closure")
    memo.append("what the first build of this function added")
    changed.set()
    late.join()
    assert told == [pieces]
    assert present.parts("closure") == pieces


@pytest.mark.parametrize("level", ["closure", "function", "files"])
def test_data_that_depends_on_names_counts(level):
    def parts(plugins):
        return PresentCode(module("def build(): return 1").build, None, [plugins], ()).parts(level)

    assert parts([1]) == parts([1])
    assert parts([1]) != parts([2])


def test_data_that_depends_on_names_counts_when_it_changes_in_place():
    import heirloom

    plugins = [1]
    table = heirloom.cached(lambda x: [x], store=heirloom.Store(), depends_on=[plugins])
    assert table.state(1) is heirloom.State.ABSENT
    table(1)
    assert table.state(1) is heirloom.State.IN_MEMORY
    plugins.append(2)
    assert table.state(1) is heirloom.State.ABSENT


def test_who_arrives_while_a_build_counts_for_itself_waits_for_it():
    import threading

    import heirloom

    made = module("SEEN = []\ndef build(x):\n    SEEN.append(x)\n    BEGUN.set()\n    GO_ON.wait(30)\n    return [x]")
    made.BEGUN, made.GO_ON = threading.Event(), threading.Event()
    cached = heirloom.cached(made.build, store=heirloom.Store())
    got = []
    first = threading.Thread(target=lambda: got.append(cached(1)))
    first.start()
    assert made.BEGUN.wait(30)
    late = threading.Thread(target=lambda: got.append(cached(1)))
    late.start()
    late.join(0.2)
    made.GO_ON.set()
    first.join()
    late.join()
    assert made.SEEN == [1]
    assert got[0] is got[1]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_build_whose_code_could_not_be_recorded_is_never_served(monkeypatch, tmp_path):
    import heirloom
    from heirloom._closure import ran

    made = module("RAN = []\ndef build(x):\n    RAN.append(x)\n    return [x]")
    cached = heirloom.cached(made.build, store=heirloom.Store(tmp_path / "store"))
    cached.state(1)

    def fail(*_):
        raise RuntimeError("planted")

    monkeypatch.setattr(ran, "note", fail)
    assert cached(1) == [1]
    assert cached(1) == [1]
    assert made.RAN == [1, 1]
    assert "could not be recorded" in cached.explain(1).why
