"""Hostile names and values: what is passed in, and what a builder returns.

Promises checked: nothing is written outside the store; lookalikes never meet; an argument that lies, raises or calls back
hurts its own call only; an object that changes while it is sealed is kept whole or not at all. Refuses: a key for what has none.
"""

from __future__ import annotations

import threading
import types
import warnings

import heirloom
import numpy as np
import pytest
from stage import in_child


@pytest.fixture
def store(tmp_path):
    return heirloom.Store(tmp_path / "area" / "store", settings=None)


NAMES = [
    "../../x", "/etc/passwd", "a\0b", "\u202egnp.exe", "", " ", ".", "..", "…", "x" * 300, "ä" * 300, "%2F", "a%b", "a\nb",
    "C:\\x",
]  # fmt: skip


def named(name, answer):
    def function(x):
        return answer

    code = function.__code__.replace(co_name="f")
    fresh = types.FunctionType(code, function.__globals__, "f", None, function.__closure__)
    fresh.__module__, fresh.__qualname__ = "m", name
    return fresh


def test_functions_with_hostile_names(store, tmp_path):
    cached = [store.cached(named(name, [number])) for number, name in enumerate(NAMES)]
    for _ in range(2):
        assert [one(1) for one in cached] == [[number] for number in range(len(NAMES))]
        for one in cached:
            one._shelf().let_go()
    assert len({one.declaration.name for one in cached}) == len(NAMES), "no two have one name"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["area"]
    assert [path.name for path in (tmp_path / "area").iterdir()] == ["store"]


TEXTS = [
    "../../x", "/etc/passwd", "a\0b", "a", "A", "a ", "\u202ea", "é", "e\u0301", "\ud800", "", "\0", "1", "True", "None",
    "a" * 10_000_000, "a" * 9_999_999 + "b",
]  # fmt: skip


def test_texts_that_look_alike_are_different_keys(store):
    built = []

    @store.cached(name="texts", code="manual")
    def texts(x):
        built.append(len(built))
        return len(built)

    raw = [text.encode("utf-8", "surrogatepass") for text in TEXTS[:8]]
    values = [*TEXTS, *raw, 1, 1.0, True, None, (), [], {}, ((),), 0.0, -0.0]
    first = [texts(value) for value in values]
    assert first == list(range(1, len(values) + 1))
    assert [texts(value) for value in values] == first
    texts._shelf().let_go()
    assert [texts(value) for value in values] == first


def nested(depth, inner=None):
    value = inner
    for _ in range(depth):
        value = [value]
    return value


def test_arguments_that_are_nested_deeply_or_in_themselves(store):
    built = []

    @store.cached(name="deep")
    def deep(x):
        built.append(1)
        return 1

    assert deep(nested(50)) == deep(nested(50)) == 1
    assert len(built) == 1
    endless = []
    endless.append(endless)
    for hostile in (nested(100_000), endless):
        # Refused in one sentence, or answered; it neither hangs nor ends the process.
        try:
            assert deep(hostile) == 1
        except heirloom.InvalidError as error:
            assert "nested deeper than" in str(error)  # noqa: PT017
    assert deep(nested(50)) == 1
    loop = nested(100_000)
    while loop:
        loop = loop.pop()


class Liar:
    """Says that it is equal to everything, and hashes like everything."""

    def __init__(self, x):
        self.x = x

    def __eq__(self, other):
        return True

    def __hash__(self):
        return 1

    def __heirloom_key__(self):
        return self.x


class Raiser:
    def __eq__(self, other):
        raise RuntimeError("no comparison")

    def __hash__(self):
        raise RuntimeError("no hash")

    def __reduce__(self):
        raise RuntimeError("no pickle")

    def __heirloom_key__(self):
        raise RuntimeError("no key")


def test_arguments_that_lie_raise_or_call_back(store):
    built = []

    @store.cached(name="liars")
    def liars(x, y=0):
        built.append(1)
        return getattr(x, "x", x)

    assert [liars(Liar(1)), liars(Liar(2)), liars(1), liars(Liar(1))] == [1, 2, 1, 1]
    assert len(built) == 3
    with pytest.raises(RuntimeError, match="no key"):
        liars(Raiser())

    class CallsBack:
        def __heirloom_key__(self):
            return liars(7), store.clear()

    assert isinstance(liars(CallsBack()), CallsBack)
    assert liars(1) == 1

    class Changes:
        """Has another key each time it is asked."""

        asked = 0

        def __heirloom_key__(self):
            Changes.asked += 1
            return Changes.asked

    one = Changes()
    assert liars(one) is one
    assert liars(one) is one

    class NotReally(str):
        __slots__ = ()

        def __eq__(self, other):
            return True

        __hash__ = str.__hash__

    assert type(liars(NotReally("a"))) is NotReally
    assert type(liars("a")) is str, "a subclass is never taken for the text that it says it is"


def test_dicts_that_change_while_their_key_is_made(store):
    class Changes:
        def __init__(self, of):
            self.of = of

        def __heirloom_key__(self):
            self.of[len(self.of)] = 1
            self.of.pop(0, None)
            return 1

    @store.cached(name="changing")
    def changing(x):
        return len(x)

    hostile = {}
    hostile.update({at: Changes(hostile) for at in range(100)})
    assert changing(hostile) > 0


def test_an_object_that_changes_while_it_is_sealed(store):
    """A thread changes it all the time: what is kept is whole, whatever moment it is of, or it is not kept."""
    stop = threading.Event()

    @store.cached(name="shifting", code="manual")
    def shifting(number):
        array, rows = np.zeros(200_000, np.uint8), {}

        def change():
            at = 0
            while not stop.is_set():
                at += 1
                array[:] = at % 251
                rows[at % 1000] = at
                if at % 50 == 0:
                    rows.clear()

        threading.Thread(target=change, daemon=True).start()
        return {"array": array, "rows": rows}

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for number in range(10):
            found = shifting(number)
            assert set(found) == {"array", "rows"}
        stop.set()
        shifting._shelf().let_go()
        for number in range(10):
            found = shifting(number)
            assert found["array"].shape == (200_000,)


class Unsealable:
    def __init__(self, how):
        self.how, self.head = how, b"x" * 3_000_000

    def __reduce__(self):
        if self.how == "raises":
            raise RuntimeError("not today")
        if self.how == "nonsense":
            return 7
        if self.how == "lies":
            return (Unsealable, ("another",))
        return (_explode, ())


def _explode():
    raise MemoryError("boom")


@pytest.mark.parametrize("how", ["raises", "nonsense", "lies", "explodes"])
def test_results_whose_pickles_lie_or_raise(store, how):
    @store.cached(name="unsealable", code="manual")
    def make():
        return Unsealable(how)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert isinstance(make(), Unsealable)
        make._shelf().let_go()
        assert isinstance(make(), Unsealable)


def test_results_that_end_the_process_when_they_are_opened_are_the_users_own(store, tmp_path):
    """A pickle that this user's program has made is as trusted as the program; the store is not harmed by it."""
    folder = store.folder

    def work():
        own = heirloom.Store(folder, settings=None)

        @own.cached(name="fine", code="manual")
        def fine():
            return [1]

        return fine()

    assert in_child(work) == [1]
