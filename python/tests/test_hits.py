"""Hits of the front table: which calls end there, and that no other call's object comes out of it."""

from __future__ import annotations

import itertools

import pytest
from heirloom._cached import Cached

ALIKE = {
    "a small int": ("7", "8"),
    "an int of one digit": ("2**30 - 1", "2**30"),
    "an int of two digits": ("2**59 + 1", "2**59 + 2**30 + 1"),
    "a negative int": ("-(2**40)", "2**40"),
    "a huge int": ("3**200", "3**200 + 2**150"),
    "nought": ("0", "False"),
    "a bool": ("1 == 1", "1"),
    "a float": ("float('1.5')", "1.25"),
    "a negative nought": ("-float('0')", "0.0"),
    "no number": ("float('nan')", "1.0"),
    "text": ("'ab' * 3", "'ab' * 4"),
    "bytes": ("bytes([1, 2])", "bytes([2, 1])"),
    "nothing": ("None", "''"),
    "a tuple": ("(int('1'), 'a' * 2, (2**70,))", "(1, 'aa', (2**70 + 1,))"),
    "a tuple of nothing": ("((),)", "((), ())"),
}


@pytest.fixture
def slow(monkeypatch):
    """Count the calls that do not end at the front table."""
    calls, miss = [], Cached._miss
    monkeypatch.setattr(Cached, "_miss", lambda self, args, kwargs: (calls.append(args), miss(self, args, kwargs))[1])
    return calls


@pytest.mark.parametrize("shape", ALIKE)
def test_an_equal_value_made_anew_is_a_hit_and_its_neighbour_is_not(heirloom_store, slow, shape):
    count = itertools.count()
    f = heirloom_store.cached(lambda x: (next(count), x), code="manual", name="alike")
    left, right = ALIKE[shape]
    first, second = f(eval(left)), f(eval(right))
    assert (first[0], second[0]) == (0, 1)
    slow.clear()
    again = [f(eval(left)), f(eval(right)), f(x=eval(left))]
    assert [found[0] for found in again] == [0, 1, 0]
    assert len(slow) == 1, "only the spelling by name is new"
