"""Cached functions that call others, asked from the outside: early cut-off where only the outer object is asked for."""

from __future__ import annotations

from staleness.case import Case, either, hit, rebuild

_TWO = """
    @cached
    def inner(x):
        return {inner}

    @cached
    def build(x):
        RAN
        return inner({call}) + 1
    """


def _two(inner: str, call: str = "x") -> str:
    return _TWO.format(inner=inner, call=call)


CASES: list[Case] = [
    hit("nested-inner-comes-out-equal", _two("<<x * 2=>x + x>>")),
    rebuild("nested-inner-comes-out-different", _two("x * <<2=>3>>")),
    hit("nested-inner-equal-for-this-argument", _two("x * 2 if x < <<10=>20>> else 0")),
    hit("nested-inner-by-keyword", _two("<<x * 2=>x + x>>", "x=x")),
    hit("nested-two-deep", """
        @cached
        def lowest(x):
            return <<x * 2=>x + x>>

        @cached
        def inner(x):
            return lowest(x) + 1

        @cached
        def build(x):
            RAN
            return inner(x) + 1
        """),
    hit("nested-middle-changes-and-lowest-too", """
        @cached
        def lowest(x):
            return <<x * 2=>x + x>>

        @cached
        def inner(x):
            return <<lowest(x) + 1=>1 + lowest(x)>>

        @cached
        def build(x):
            RAN
            return inner(x) + 1
        """),
    hit("nested-many-inner", """
        @cached
        def inner(x):
            return <<x * 2=>x + x>>

        @cached
        def build(x):
            RAN
            return sum(inner(one) for one in range(x))
        """),
    rebuild("nested-one-of-many-differs", """
        @cached
        def inner(x):
            return x * 2 if x < <<2=>1>> else 0

        @cached
        def build(x):
            RAN
            return sum(inner(one) for one in range(x))
        """),
    hit("nested-dataclass-argument", """
        import dataclasses

        @dataclasses.dataclass(frozen=True)
        class Point:
            k: int

        @cached
        def inner(point):
            return <<point.k * 2=>point.k + point.k>>

        @cached
        def build(x):
            RAN
            return inner(Point(x)) + 1
        """),
    hit("nested-array-argument", """
        import numpy as np

        @cached
        def inner(values):
            return int(<<values.sum()=>np.sum(values)>>)

        @cached
        def build(x):
            RAN
            return inner(np.arange(x)) + 1
        """),
    rebuild("nested-inner-reads-a-file", """
        @cached
        def inner(x):
            with open("k.txt") as file:
                return int(file.read()) * x

        @cached
        def build(x):
            RAN
            return inner(x) + 1
        --- k.txt
        <<2=>3>>
        """),
    hit("nested-inner-reads-a-file-that-says-the-same", """
        @cached
        def inner(x):
            with open("k.txt") as file:
                return int(file.read()) * x

        @cached
        def build(x):
            RAN
            return inner(x) + 1
        --- k.txt
        <<2=>2 >>
        """),
    either("nested-large-argument-is-not-written-down", """
        @cached
        def inner(text):
            return <<len(text) * 2=>len(text) + len(text)>>

        @cached
        def build(x):
            RAN
            return inner("x" * 100_000) + x
        """),
    either("nested-argument-that-does-not-count-is-not-written-down", """
        import heirloom, os

        @heirloom.cached(store=os.environ["STALE_STORE"], ignore=("secret",))
        def inner(x, secret):
            return <<x * 2=>x + x>>

        @cached
        def build(x):
            RAN
            return inner(x, "hidden") + 1
        """),
    rebuild("nested-inner-raises-now", """
        @cached
        def inner(x):
            <<return x * 2=>raise ValueError("no")>>

        @cached
        def build(x):
            RAN
            try:
                return inner(x) + 1
            except ValueError:
                return 0
        """),
    rebuild("nested-inner-asks-for-the-outer-now", """
        @cached
        def inner(x):
            return <<x * 2=>build(x - 1) if x else 0>>

        @cached
        def build(x):
            RAN
            return inner(x) + 1
        """),
]
