"""Cases: objects of the project's classes whose content a base in C holds; given another text, and changed in place."""

from staleness.case import Case, hit, rebuild

_HELD = {
    # name: (import, base, before, after, what the builder says of V)
    "date": ("import datetime", "datetime.date", "2020, 1, 2", "2020, 1, 3", "V.isoformat()"),
    "moment": ("import datetime", "datetime.datetime", "2020, 1, 2", "2020, 1, 3", "V.isoformat()"),
    "timedelta": ("import datetime", "datetime.timedelta", "1", "2", "V.days"),
    "decimal": ("import decimal", "decimal.Decimal", "'1.5'", "'1.50'", "str(V)"),
    "complex": ("import cmath", "complex", "1, 2", "1, 3", "V.imag"),
    "deque": ("import collections", "collections.deque", "[1, 2]", "[1, 3]", "sum(V)"),
    "default-factory": ("import collections", "collections.defaultdict", "int, a=1", "list, a=1", "str(V['z'])"),
    "array": ("import array", "array.array", "'i', [1, 2]", "'i', [1, 3]", "sum(V)"),
    "bytearray": ("import io", "bytearray", "b'ab'", "b'ac'", "sum(V)"),
    "numpy-array": ("import numpy as np", "np.ndarray", "2, 'u1', b'ab'", "2, 'u1', b'ac'", "int(V.sum())"),
    "text-stream": ("import io", "io.StringIO", "'a'", "'b'", "V.getvalue()"),
    "exception": ("import io", "ValueError", "'a'", "'b'", "V.args"),
    "partial": ("import functools", "functools.partial", "max, 1", "max, 7", "V(3)"),
    "time-zone": ("import zoneinfo", "zoneinfo.ZoneInfo", "'UTC'", "'Asia/Tokyo'", "V.key"),
    "element": ("import xml.etree.ElementTree as tree", "tree.Element", "'a'", "'b'", "V.tag"),
    "ctypes": ("import ctypes", "ctypes.c_int", "1", "2", "V.value"),
    "property": ("import io", "property", "lambda s: 1", "lambda s: 2", "V.fget(0)"),
    "path": ("import pathlib", "pathlib.PurePosixPath", "'a'", "'b'", "str(V)"),
}

_LIVE = {
    # name: (import, base, before, the change, what the builder says of V)
    "dict": ("import io", "dict", "a=1", "pipeline.V['b'] = 4", "sum(V.values())"),
    "list": ("import io", "list", "[1, 2]", "pipeline.V.append(4)", "sum(V)"),
    "set": ("import io", "set", "[1, 2]", "pipeline.V.add(4)", "sum(V)"),
    "deque": ("import collections", "collections.deque", "[1, 2]", "pipeline.V.append(4)", "sum(V)"),
    "ordered": ("import collections", "collections.OrderedDict", "a=1, b=2", "pipeline.V.move_to_end('a')", "list(V)"),
    "counter": ("import collections", "collections.Counter", "'ab'", "pipeline.V['b'] += 4", "sum(V.values())"),
    "array": ("import array", "array.array", "'i', [1]", "pipeline.V.append(4)", "sum(V)"),
    "bytearray": ("import io", "bytearray", "b'ab'", "pipeline.V.append(4)", "sum(V)"),
    "text-stream": ("import io", "io.StringIO", "'a'", "pipeline.V.write('zz')", "V.getvalue()"),
    "element": ("import xml.etree.ElementTree as tree", "tree.Element", "'a'", "pipeline.V.tag = 'q'", "V.tag"),
    "ctypes": ("import ctypes", "ctypes.c_int", "1", "pipeline.V.value = 4", "V.value"),
}


def _held(name: str, imports: str, base: str, before: str, after: str, said: str) -> Case:
    text = f"{imports}\nfrom own import C\nV = C(<<{before}=>{after}>>)\n%build {said}\n--- own.py\n{imports}\nclass C({base}): pass\n"
    return rebuild(f"bases-held-{name}", text)


def _live(name: str, imports: str, base: str, before: str, change: str, said: str) -> Case:
    text = f"{imports}\nclass C({base}): pass\nV = C({before})\n%build {said}\n"
    return rebuild(
        f"bases-live-{name}", text, prep="from pipeline import build; import pipeline",
        do=change, undo=f"pipeline.V = pipeline.C({before})", forgets=True,
    )  # fmt: skip


CASES = [
    *(_held(name, *parts) for name, parts in _HELD.items()),
    *(_live(name, *parts) for name, parts in _LIVE.items()),
    rebuild(
        "bases-update-wrapper",
        """
        import functools
        class scaled:
            def __init__(self, function, factor):
                functools.update_wrapper(self, function)
                self.factor = factor
            def __call__(self, x):
                return self.__wrapped__(x) * self.factor
        h = scaled(lambda x: x + 1, <<2=>3>>)
        %build h(x)
        """,
    ),
    rebuild(
        "bases-text-lies",
        """
        class Tag(str):
            def __str__(self):
                return 'tag'
        V = Tag('<<a=>b>>')
        %build V.upper()
        """,
    ),
    rebuild(
        "bases-exchanged",
        """
        class B:
            def f(self): return 1
        class C:
            def f(self): return 2
        class A(B): pass
        %build A().f() * x
        """,
        prep="from pipeline import build; import pipeline",
        do="pipeline.A.__bases__ = (pipeline.C,)",
        undo="pipeline.A.__bases__ = (pipeline.B,)",
    ),
    hit(
        "bases-memo-of-dict-subclass",
        """
        class Memo(dict):
            def __missing__(self, key):
                self[key] = value = key * 2
                return value
        M = Memo()
        %build M[x]
        def unused(): return <<1=>2>>
        """,
    ),
    hit(
        "bases-history-of-deque-subclass",
        """
        import collections
        class Last(collections.deque): pass
        LAST = Last(maxlen=3)
        @cached
        def build(x):
            RAN
            LAST.append(x)
            return x
        def unused(): return <<1=>2>>
        """,
    ),
]
