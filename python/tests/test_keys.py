"""Keys of Python values: the golden vectors, every spelling of a call, and what has no key."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import fractions
import functools
import json
import pathlib
import random
import struct
import threading
import uuid
from collections import OrderedDict, namedtuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from heirloom import State
from heirloom._heirloom import digest, encoded
from hypothesis import given
from hypothesis import strategies as st

VECTORS = pathlib.Path(__file__).parents[2] / "docs" / "format" / "key-vectors.json"


class _UnknownError(Exception):
    """A kind of value that Python has not."""


def value_of(vector):
    kind, *parts = vector
    match kind:
        case "none":
            return None
        case "bool":
            return parts[0]
        case "int":
            return int(parts[0])
        case "float":
            return struct.unpack(">d", bytes.fromhex(parts[0]))[0]
        case "text":
            return parts[0]
        case "bytes":
            return bytes.fromhex(parts[0])
        case "tuple":
            return tuple(map(value_of, parts[0]))
        case "list":
            return list(map(value_of, parts[0]))
        case "set":
            return frozenset(map(value_of, parts[0]))
        case "ordered_map":
            return {value_of(key): value_of(value) for key, value in parts[0]}
        case "record" if parts[1]:
            cls = dataclasses.make_dataclass(parts[0], [name for name, _ in parts[1]], namespace={"__module__": ""})
            cls.__module__ = ""
            return cls(*(value_of(value) for _, value in parts[1]))
        case "tuple_record" if parts[1]:
            cls = namedtuple(parts[0], [f"f{at}" for at in range(len(parts[1]))])
            cls.__module__ = ""
            return cls(*map(value_of, parts[1]))
        case "unit_variant":
            cls = enum.Enum(parts[0], [parts[1]])
            cls.__module__ = ""
            return cls[parts[1]]
    raise _UnknownError


def test_golden_vectors_are_written_byte_for_byte():
    told = json.loads(VECTORS.read_text())
    written = 0
    for vector in told["vectors"]:
        try:
            value = value_of(vector["value"])
        except (_UnknownError, ValueError, TypeError):
            continue
        assert encoded(value).hex() == vector["encoding"], vector
        assert digest(told["factory"], value).hex() == vector["digest"], vector
        written += 1
    assert written > 50


class Colour(enum.Enum):
    RED = 1
    BLUE = 1.0


class Right(enum.Flag):
    READ = 1
    WRITE = 2


@dataclasses.dataclass
class Point:
    x: int
    y: object = None


class Other(Point):
    pass


class Own:
    def __init__(self, key):
        self.key = key

    def __heirloom_key__(self):
        return self.key


Pair = namedtuple("Pair", "a b")



class Plain:
    def __init__(self, x):
        self.x = x

    def shown(self):
        return self.x


class Slotted:
    __slots__ = ("x",)

    def __init__(self, x):
        self.x = x


class Many(list):
    pass


def cell(step):
    return lambda x: x + step


def endless():
    made = [1]
    made.append(made)
    return made


ENDLESS = endless()
DIFFERENT = [
    None, True, False, 0, 1, -1, 2**63, 2**200, -(2**200), 0.0, -0.0, 1.0, float("nan"), float("inf"), 1j, "", "1", "\ud800",
    b"", b"1", bytearray(b"1"), (), (1,), [], [1], [1, 2], [[1], 2], {}, {1: 2}, {"a": 1, "b": 2}, {"b": 2, "a": 1},
    OrderedDict(a=1), set(), {1, 2}, {1, "2"}, frozenset(), frozenset({1, 2}), len, np.sin, json.dumps,
    functools.partial(int, "1"),
    functools.partial(int, "2"), random.Random(1), random.Random(2), np.random.default_rng(1), np.random.default_rng(2),
    Plain(1), Plain(2), Slotted(1), Slotted(2), (lambda: 1), (lambda: 2), cell(1), cell(2),
    Plain(1).shown, Plain(2).shown, Many([1]), Many(),
    np.asfortranarray(np.arange(6).reshape(2, 3)), np.arange(6).reshape(2, 3), np.arange(6).reshape(3, 2).T, [ENDLESS], ENDLESS,
    ..., range(3), range(4), slice(1), Colour.RED, Right.READ, Right(3),
    Point(1), Point(1, 2), Other(1), Pair(1, 2), Own("a"), Own(b"a"), Own(1), Point, Other,
    pathlib.PurePosixPath("a"), pathlib.PureWindowsPath("a"), pathlib.Path("a"),
    datetime.date(2013, 1, 1), datetime.datetime(2013, 1, 1), datetime.datetime(2013, 1, 1, fold=1),
    datetime.datetime(2013, 1, 1, tzinfo=datetime.timezone.utc), datetime.time(1), datetime.timedelta(1),
    decimal.Decimal("1"), decimal.Decimal("1.0"), fractions.Fraction(1), uuid.UUID(int=1),
    np.int64(1), np.int32(1), np.float64(1), np.array(1), np.array([1]), np.array([[1]]), np.array([1.0]), np.array([1], "i4"),
    np.array([1], ">i8"), np.array(["a"]), np.array(["a"], object), np.zeros(0), np.zeros((0, 3)), np.array([(1, 2.0)], "i4,f8"),
    np.datetime64("2013-01-01"), np.datetime64("2013-01-01", "s"),
    pd.DataFrame({"a": [1, 2]}), pd.DataFrame({"b": [1, 2]}), pd.DataFrame({"a": [1, 2]}, index=[1, 2]),
    pd.DataFrame({"a": [1.0, 2]}), pd.DataFrame({"a": ["x", None]}), pd.DataFrame({"a": ["x", "y"]}), pd.Series([1, 2]),
    pd.Series([1, 2], name="a"), pd.Series(["x"], dtype="category"), pd.Index([1, 2]), pd.Index(["a", "b"]), pd.RangeIndex(2),
    pd.MultiIndex.from_tuples([(1, "a"), (2, "b")]), pd.DatetimeIndex(["2013-01-01"]), pd.Series(pd.to_datetime(["2013-01-01"])),
    pd.Timedelta(1), pd.Timedelta(2), pd.Timestamp(1), pd.Timestamp(2), pd.Timestamp(1, tz="UTC"),
    pa.table({"a": [1, 2]}), pa.table({"a": [1, None]}), pa.table({"b": [1, 2]}), pa.table({"a": ["x", "y"]}),
]  # fmt: skip


def test_what_a_builder_can_tell_apart_is_another_key():
    keys = {}
    for value in DIFFERENT:
        key = encoded(value)
        assert key not in keys, (value, keys[key])
        keys[key] = value


def test_what_a_builder_cannot_tell_apart_is_one_key():
    grid = np.arange(12).reshape(3, 4)
    table = pa.table({"a": [1, 2, 3]})
    same = [
        (grid.T, np.asfortranarray(grid.T)),
        (Plain(1), Plain(1)),
        (Plain(Plain([1])), Plain(Plain([1]))),
        (random.Random(3), random.Random(3)),
        (endless(), endless()),
        ([[1], [1]], [shared := [1], shared]),
        (cell(1), cell(1)),
        (functools.partial(int, "1"), functools.partial(int, "1")),
        (grid[:, ::2], grid[:, ::2].copy()),
        ({"a", "b", "c"}, {"c", "b", "a"}),
        (float("nan"), -float("nan")),
        (table.slice(1), pa.table({"a": [2, 3]})),
        (pd.DataFrame({"a": [1, 2]}), pd.DataFrame({"a": [1, 2], "b": [0, 0]})[["a"]]),
    ]
    for left, right in same:
        assert encoded(left) == encoded(right), left


def test_a_tensor_counts_by_what_it_holds():
    torch = pytest.importorskip("torch", reason="torch is too large to be installed for one test")
    layer = torch.nn.Linear(2, 2)
    other = torch.nn.Linear(2, 2)
    other.load_state_dict(layer.state_dict())
    assert encoded(layer) == encoded(other)
    assert encoded(torch.tensor([1, 2])) == encoded(torch.tensor([1, 2]))
    different = [
        torch.tensor([1, 2]), torch.tensor([1, 3]), torch.tensor([[1, 2]]), torch.tensor([1.0, 2.0]), torch.tensor(1),
        torch.empty(0), torch.tensor([1.0, 2.0], requires_grad=True), torch.nn.Parameter(torch.tensor([1.0, 2.0])),
        torch.tensor([1j, 2]), torch.tensor([1j, 2]).conj(), torch.tensor([1.0, 2.0], dtype=torch.bfloat16),
        torch.tensor([True, False]), torch.tensor([[0, 1]]).to_sparse(), layer,
    ]  # fmt: skip
    assert len({encoded(value) for value in different}) == len(different)


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)


@given(plain, plain)
def test_keys_are_equal_exactly_when_values_look_alike(left, right):
    assert (encoded(left) == encoded(right)) == (repr(left) == repr(right))


def test_large_arrays_are_digested_whole():
    grid = np.zeros(1_000_000)
    before = encoded(grid)
    grid[-1] = 1
    assert encoded(grid) != before


def test_every_spelling_of_a_call_is_one_object(heirloom_store):
    built = []

    @heirloom_store.cached
    def table(year, /, carrier="UA", *rest, month=1, **options):
        built.append(year)
        return [year, carrier, rest, month, options]

    first = table(2013)
    assert table(2013, "UA") is first
    assert table(2013, carrier="UA") is first
    assert table(2013, month=1, carrier="UA") is first
    with_options = table(2013, b=1, a=2)
    assert table(2013, a=2, b=1) is with_options
    assert table(2013, "UA", 5) is not first
    assert len(built) == 3


def test_a_call_that_does_not_fit_is_refused_in_pythons_words(heirloom_store):
    @heirloom_store.cached
    def table(year, carrier="UA"):
        return year

    for args, kwargs in [((), {}), ((1, 2, 3), {}), ((1,), {"yaer": 2}), ((1,), {"year": 2})]:
        with pytest.raises(TypeError, match=r"table\(\)"):
            table(*args, **kwargs)


def test_what_has_no_key_is_refused_with_its_place(heirloom_store):
    @heirloom_store.cached(name="tables")
    def table(year, when):
        return year

    for value, place in [
        (threading.Lock(), "when"),
        ([1, {"a": (threading.Lock(),)}], r"when\[1\]\['a'\]\[0\]"),
        (Point(1, threading.Lock()), r"when\.y"),
    ]:
        sentence = rf"tables\(\): `{place}` is a lock, .*`__heirloom_key__`.*`key=`.*`ignore=\(\"when\",\)`"
        with pytest.raises(TypeError, match=sentence):
            table(1, value)
    deep = []
    for _ in range(200):
        deep = [deep]
    with pytest.raises(ValueError, match="nested deeper than 128 containers"):
        table(1, deep)


def test_the_code_of_an_arguments_class_counts(project):
    module = """
        import heirloom
        class Model:
            def __init__(self, x): self.x = x
            def fit(self): return self.x + 1
        @heirloom.cached(code=LEVEL)
        def table(model):
            print("built")
            return model.fit()
    """
    program = "import etl; print(etl.table(etl.Model(3)))"
    for level, again in (("'function'", ["built", "5"]), ("'manual'", ["4"])):
        project.write("etl.py", module.replace("LEVEL", level))
        assert project.run(program).split() == ["built", "4"]
        assert project.run(program).split() == ["4"]
        project.write("etl.py", module.replace("LEVEL", level).replace("x + 1", "x + 2"))
        assert project.run(program).split() == again


def test_an_object_that_was_copied_once_has_the_key_it_had(heirloom_store):
    @dataclasses.dataclass
    class Fresh:
        x: int

    built = []

    @heirloom_store.cached(name="fresh", code="closure")
    def ask(one):
        built.append(one)
        return one.x

    assert ask(Fresh(1)) == 1
    Fresh(1).__reduce_ex__(2)  # Python writes `__slotnames__` into the class
    assert ask.state(Fresh(1)) is State.IN_MEMORY
    del Fresh.__slotnames__  # as in a process that copied none yet
    assert ask.state(Fresh(1)) is State.IN_MEMORY
    assert len(built) == 1


def test_a_class_that_changes_in_a_running_process_is_seen(heirloom_store, monkeypatch):
    table = heirloom_store.cached(lambda plain: plain.shown(), name="shown")
    assert table(Plain(1)) == 1
    monkeypatch.setattr(Plain, "shown", lambda self: self.x + 1)
    assert table(Plain(1)) == 2
