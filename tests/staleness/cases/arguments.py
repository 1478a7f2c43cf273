"""Arguments whose own code decides, and arguments that are paths."""

from staleness.case import hit, rebuild

_P = "from pipeline import *"

CASES = [
    rebuild("argument-function", "def double(x):\n    return x * <<2=>3>>\n\n@cached\ndef build(f):\n    RAN\n    return f(3)\n", call="build(double)", prep=_P),
    rebuild("argument-function-helper", """
        def k(x):
            return x + <<1=>2>>

        def double(x):
            return k(x) * 2

        @cached
        def build(f):
            RAN
            return f(3)
        """, call="build(double)", prep=_P),
    rebuild("argument-lambda-in-list", """
        TABLE = [lambda x: x + <<1=>2>>]

        @cached
        def build(fs):
            RAN
            return fs[0](3)
        """, call="build(TABLE)", prep=_P),
    rebuild("argument-partial", """
        import functools

        def scale(k, x):
            return k * x + <<0=>1>>

        @cached
        def build(f):
            RAN
            return f(3)
        """, call="build(functools.partial(scale, 2))", prep=_P),
    rebuild("argument-closure-cell", """
        def make(k):
            return lambda x: x * k

        double = make(<<2=>3>>)

        @cached
        def build(f):
            RAN
            return f(3)
        """, call="build(double)", prep=_P),
    rebuild("argument-bound-method", """
        class M:
            def f(self, x):
                return x * <<2=>3>>

            def __heirloom_key__(self):
                return "m"

        @cached
        def build(f):
            RAN
            return f(3)
        """, call="build(M().f)", prep=_P),
    rebuild("argument-class", "class M:\n    k = <<2=>3>>\n\n@cached\ndef build(c):\n    RAN\n    return c.k\n", call="build(M)", prep=_P),
    rebuild("argument-dataclass-method", """
        from dataclasses import dataclass

        @dataclass
        class P:
            a: int

            def f(self):
                return self.a * <<2=>3>>

        @cached
        def build(p):
            RAN
            return p.f()
        """, call="build(P(3))", prep=_P),
    rebuild("argument-operator-of-class", """
        from dataclasses import dataclass

        @dataclass
        class P:
            a: int

            def __add__(self, other):
                return P(self.a + other.a * <<1=>2>>)

        @cached
        def build(p, q):
            RAN
            return (p + q).a
        """, call="build(P(3), P(1))", prep=_P),
    rebuild("argument-operator-in-helper", """
        from dataclasses import dataclass

        @dataclass(order=True)
        class P:
            a: int

            def __neg__(self):
                return P(<<-self.a=>self.a>>)

        def flip(p):
            return -p

        @cached
        def build(p):
            RAN
            return flip(p).a
        """, call="build(P(3))", prep=_P),
    rebuild("argument-iteration-of-class", """
        from dataclasses import dataclass

        @dataclass
        class P:
            a: int

            def __iter__(self):
                yield self.a + <<1=>2>>

        @cached
        def build(p):
            RAN
            return list(p)
        """, call="build(P(3))", prep=_P),
    rebuild("argument-class-attribute-of-instance", """
        from dataclasses import dataclass
        from typing import ClassVar

        @dataclass
        class P:
            a: int
            k: ClassVar[int] = <<1=>2>>

        @cached
        def build(p):
            RAN
            return p.a + p.k
        """, call="build(P(3))", prep=_P),
    rebuild("argument-enum-member-method", """
        import enum

        class Kind(enum.Enum):
            A = 1

            def f(self):
                return <<1=>2>>

        @cached
        def build(kind):
            RAN
            return kind.f()
        """, call="build(Kind.A)", prep=_P),
    rebuild("argument-nested-in-dict", """
        from dataclasses import dataclass

        @dataclass
        class P:
            a: int

            def f(self):
                return self.a * <<2=>3>>

        @cached
        def build(d):
            RAN
            return d["p"][0].f()
        """, call="build({'p': [P(3)]})", prep=_P),
    rebuild("argument-base-class-of-instance", """
        --- pipeline.py
        from dataclasses import dataclass
        from base import Base

        @dataclass
        class P(Base):
            a: int

        @cached
        def build(p):
            RAN
            return p.f()
        --- base.py
        class Base:
            def f(self):
                return <<1=>2>>
        """, call="build(P(3))", prep=_P),
    rebuild("argument-namedtuple-method", """
        from typing import NamedTuple

        class P(NamedTuple):
            a: int

            def f(self):
                return self.a * <<2=>3>>

        @cached
        def build(p):
            RAN
            return p.f()
        """, call="build(P(3))", prep=_P),
    rebuild("argument-method-with-self-key", """
        class M:
            def __heirloom_key__(self):
                return "m"

            def k(self):
                return <<1=>2>>

            @cached
            def build(self, x):
                RAN
                return self.k() + x
        """, call="M().build(3)", prep=_P),
    rebuild("argument-method-in-subclass", """
        class Base:
            def __heirloom_key__(self):
                return "base"

            @cached
            def build(self, x):
                RAN
                return self.k() + x

        class M(Base):
            def k(self):
                return <<1=>2>>
        """, call="M().build(3)", prep=_P),
    rebuild("argument-path-content", """
        --- pipeline.py
        @cached
        def build(path):
            RAN
            with open(path) as file:
                return file.read()
        --- data.txt
        <<one=>two>>
        """, call="build('data.txt')"),
    rebuild("argument-pathlib-content", """
        --- pipeline.py
        import pathlib

        @cached
        def build(path):
            RAN
            return path.read_text()
        --- data.txt
        <<one=>two>>
        """, call="build(pathlib.Path('data.txt'))", prep=_P),
    rebuild("argument-default-is-function", """
        def double(x):
            return x * <<2=>3>>

        @cached
        def build(x, f=double):
            RAN
            return f(x)
        """),
    rebuild("argument-default-is-constant", "K = <<2=>3>>\n\n@cached\ndef build(x, k=K):\n    RAN\n    return x * k\n"),
    hit("argument-function-comment", "def double(x):\n    <<=># twice\n    >>return x * 2\n\n@cached\ndef build(f):\n    RAN\n    return f(3)\n", call="build(double)", prep=_P),
    hit("argument-dataclass-docstring", """
        from dataclasses import dataclass

        @dataclass
        class P:
            '''<<One.=>Two.>>'''
            a: int

        @cached
        def build(p):
            RAN
            return p.a
        """, call="build(P(3))", prep=_P),
    hit("argument-default-given-explicitly", "@cached\ndef build(x, k=2):\n    RAN\n    return x * k\n", call_after="build(x=3, k=2)"),
]
