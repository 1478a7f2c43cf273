"""Classes that a builder uses: all that decides what their instances do."""

from staleness.case import hit, rebuild

CASES = [
    rebuild("class-method", "class M:\n    def f(self, x):\n        return x * <<2=>3>>\n\n%build M().f(x)\n"),
    rebuild("class-static-method", "class M:\n    @staticmethod\n    def f(x):\n        return x * <<2=>3>>\n\n%build M.f(x)\n"),
    rebuild("class-class-method", "class M:\n    @classmethod\n    def f(cls, x):\n        return x * <<2=>3>>\n\n%build M.f(x)\n"),
    rebuild("class-attribute", "class M:\n    k = <<2=>3>>\n\n    def f(self, x):\n        return x * self.k\n\n%build M().f(x)\n"),
    rebuild("class-attribute-container", "class M:\n    k = {'a': [1, <<2=>3>>]}\n\n%build M.k['a'][1] + x\n"),
    rebuild("class-init", "class M:\n    def __init__(self):\n        self.k = <<2=>3>>\n\n%build M().k * x\n"),
    rebuild("class-new", """
        class M:
            def __new__(cls):
                made = super().__new__(cls)
                made.k = <<2=>3>>
                return made

        %build M().k * x
        """),
    rebuild("class-base-method", """
        --- pipeline.py
        from models import Base

        class M(Base):
            pass

        %build M().f(x)
        --- models.py
        class Base:
            def f(self, x):
                return self.g(x)

            def g(self, x):
                return x * <<2=>3>>
        """),
    rebuild("class-bases-order", """
        class A:
            k = 1

        class B:
            k = 2

        class M(<<A, B=>B, A>>):
            pass

        %build M.k + x
        """),
    rebuild("class-override-added", """
        class Base:
            def f(self):
                return 1

        class M(Base):
            <<pass=>def f(self):
                return 2>>

        %build M().f() + x
        """),
    rebuild("class-super-call", """
        class Base:
            def f(self, x):
                return x + <<1=>2>>

        class M(Base):
            def f(self, x):
                return super().f(x) * 2

        %build M().f(x)
        """),
    rebuild("class-property", "class M:\n    @property\n    def k(self):\n        return <<2=>3>>\n\n%build M().k * x\n"),
    rebuild("class-property-setter", """
        class M:
            @property
            def k(self):
                return self._k

            @k.setter
            def k(self, value):
                self._k = value * <<2=>3>>

        @cached
        def build(x):
            RAN
            m = M()
            m.k = x
            return m.k
        """),
    rebuild("class-cached-property", """
        import functools

        class M:
            @functools.cached_property
            def k(self):
                return <<2=>3>>

        %build M().k * x
        """),
    rebuild("class-descriptor", """
        class Scaled:
            def __init__(self, k):
                self.k = k

            def __get__(self, one, owner):
                return self.k * 10

        class M:
            f = Scaled(<<2=>3>>)

        %build M().f + x
        """),
    rebuild("class-descriptor-code", """
        class Scaled:
            def __get__(self, one, owner):
                return <<2=>3>>

        class M:
            f = Scaled()

        %build M().f + x
        """),
    rebuild("class-set-name", """
        class Named:
            def __set_name__(self, owner, name):
                self.name = name + "<<a=>b>>"

            def __get__(self, one, owner):
                return self.name

        class M:
            f = Named()

        %build M().f * x
        """),
    rebuild("class-metaclass-call", """
        class Meta(type):
            def __call__(cls, *a):
                return <<2=>3>>

        class M(metaclass=Meta):
            pass

        %build M() * x
        """),
    rebuild("class-metaclass-attribute", "class Meta(type):\n    k = <<2=>3>>\n\nclass M(metaclass=Meta):\n    pass\n\n%build M.k * x\n"),
    rebuild("class-metaclass-new", """
        class Meta(type):
            def __new__(mcls, name, bases, space):
                space["k"] = <<2=>3>>
                return super().__new__(mcls, name, bases, space)

        class M(metaclass=Meta):
            pass

        %build M.k * x
        """),
    rebuild("class-metaclass-prepare-len", """
        class Meta(type):
            def __len__(cls):
                return <<2=>3>>

        class M(metaclass=Meta):
            pass

        %build len(M) * x
        """),
    rebuild("class-init-subclass", """
        class Base:
            def __init_subclass__(cls, scale=1):
                cls.k = scale * 10

        class M(Base, scale=<<2=>3>>):
            pass

        %build M.k + x
        """),
    rebuild("class-class-getitem", """
        class M:
            def __class_getitem__(cls, k):
                return k * <<2=>3>>

        %build M[x]
        """),
    rebuild("class-getattr", "class M:\n    def __getattr__(self, name):\n        return len(name) * <<2=>3>>\n\n%build M().abc + x\n"),
    rebuild("class-getattribute", "class M:\n    def __getattribute__(self, name):\n        return <<2=>3>>\n\n%build M().abc + x\n"),
    rebuild("class-setattr", """
        class M:
            def __setattr__(self, name, value):
                object.__setattr__(self, name, value * <<2=>3>>)

        @cached
        def build(x):
            RAN
            m = M()
            m.a = x
            return m.a
        """),
    rebuild("class-operators-inside", """
        class N:
            def __init__(self, v):
                self.v = v

            def __add__(self, other):
                return N(self.v + other.v * <<1=>2>>)

        @cached
        def build(x):
            RAN
            return (N(x) + N(1)).v
        """),
    rebuild("class-iteration-protocol", """
        class Items:
            def __iter__(self):
                return iter([1, <<2=>3>>])

        %build [*Items(), x]
        """),
    rebuild("class-sort-by-less-than", """
        class N(int):
            def __lt__(self, other):
                return <<int(self) < int(other)=>int(self) > int(other)>>

        %build sorted([N(2), N(x), N(1)])
        """),
    rebuild("class-hash-and-equality", """
        class K:
            def __init__(self, v):
                self.v = v

            def __eq__(self, other):
                return self.v <<==>!>>= other.v

            def __hash__(self):
                return 1

        %build len({K(1), K(1), K(1), K(x)})
        """),
    rebuild("class-format-method", "class M:\n    def __format__(self, spec):\n        return spec + '<<a=>b>>'\n\n%build f'{M():q}' * x\n"),
    rebuild("class-bool", "class M:\n    def __bool__(self):\n        return <<True=>False>>\n\n%build x if M() else -x\n"),
    rebuild("class-missing", "class D(dict):\n    def __missing__(self, key):\n        return <<1=>2>>\n\n%build D()[x]\n"),
    rebuild("class-slots-instance-global", """
        class P:
            __slots__ = ("a", "b")

            def __init__(self, a, b):
                self.a, self.b = a, b

        POINT = P(1, <<2=>3>>)
        %build POINT.b + x
        """),
    rebuild("class-instance-global", "class P:\n    pass\n\nPOINT = P()\nPOINT.a = <<1=>2>>\n%build POINT.a + x\n"),
    rebuild("class-instance-global-method", """
        class P:
            def __init__(self, k):
                self.k = k

            def f(self, x):
                return x + self.k * <<1=>2>>

        POINT = P(1)
        f = POINT.f
        %build f(x)
        """),
    rebuild("class-bound-method-instance-state", """
        class P:
            def __init__(self, k):
                self.k = k

            def f(self, x):
                return x + self.k

        f = P(<<1=>2>>).f
        %build f(x)
        """),
    rebuild("class-singleton-by-module", """
        --- pipeline.py
        from settings import settings

        %build settings.limit + x
        --- settings.py
        class Settings:
            def __init__(self):
                self.limit = <<1=>2>>

        settings = Settings()
        """),
    rebuild("class-entry-through-call", """
        class Pipeline:
            def __init__(self, k):
                self.k = k

            def __call__(self, x):
                return self.step(x)

            def step(self, x):
                return x * self.k + <<0=>1>>

        run = Pipeline(2)
        %build run(x)
        """),
    rebuild("class-decorator", """
        def scaled(cls):
            cls.k = <<2=>3>>
            return cls

        @scaled
        class M:
            pass

        %build M.k * x
        """),
    rebuild("class-decorator-replaces-method", """
        def doubled(cls):
            old = cls.f
            cls.f = lambda self, x: old(self, x) * <<2=>3>>
            return cls

        @doubled
        class M:
            def f(self, x):
                return x

        %build M().f(x)
        """),
    rebuild("class-total-ordering", """
        import functools

        @functools.total_ordering
        class N:
            def __init__(self, v):
                self.v = v

            def __eq__(self, other):
                return self.v == other.v

            def __lt__(self, other):
                return <<self.v < other.v=>self.v > other.v>>

        %build N(x) >= N(1)
        """),
    rebuild("class-abstract-implementation", """
        import abc

        class Base(abc.ABC):
            @abc.abstractmethod
            def k(self):
                ...

            def f(self, x):
                return x * self.k()

        class M(Base):
            def k(self):
                return <<2=>3>>

        %build M().f(x)
        """),
    rebuild("class-subclasses-registry", """
        --- pipeline.py
        import base
        import plugins

        %build sorted(c.k for c in base.Base.__subclasses__())
        --- base.py
        class Base:
            k = 0
        --- plugins.py
        import base

        class One(base.Base):
            k = <<1=>2>>
        """),
    rebuild("class-abc-register", """
        import abc

        class Shape(abc.ABC):
            pass

        class Ball:
            pass

        <<=>Shape.register(Ball)>>
        %build isinstance(Ball(), Shape)
        """),
    rebuild("class-protocol-check", """
        from typing import Protocol, runtime_checkable

        @runtime_checkable
        class Sized(Protocol):
            def <<size=>area>>(self): ...

        class Box:
            def size(self):
                return 1

        %build isinstance(Box(), Sized)
        """),
    rebuild("class-protocol-check-of-instance", """
        from typing import Protocol, runtime_checkable

        @runtime_checkable
        class Sized(Protocol):
            def size(self): ...

        class Box:
            def <<size=>area>>(self):
                return 1

        %build isinstance(Box(), Sized)
        """),
    rebuild("class-nested", "class M:\n    class Inner:\n        k = <<2=>3>>\n\n%build M.Inner.k * x\n"),
    rebuild("class-made-by-type", "M = type('M', (), {'k': <<2=>3>>, 'f': lambda self, x: x * self.k})\n\n%build M().f(x)\n"),
    rebuild("class-made-in-body", """
        @cached
        def build(x):
            RAN
            class M:
                k = <<2=>3>>
            return M.k * x
        """),
    rebuild("class-made-by-function", "def make(v):\n    class M:\n        k = v\n    return M\n\nM = make(<<2=>3>>)\n%build M.k * x\n"),
    rebuild("enum-value", "import enum\n\nclass Kind(enum.Enum):\n    A = <<1=>2>>\n\n%build Kind.A.value + x\n"),
    rebuild("enum-order", "import enum\n\nclass Kind(enum.Enum):\n    <<A = 1\n    B = 2=>B = 2\n    A = 1>>\n\n%build [k.name for k in Kind]\n"),
    rebuild("enum-auto", "import enum\n\nclass Kind(enum.IntEnum):\n    <<=>Z = enum.auto()\n    >>A = enum.auto()\n\n%build int(Kind.A) + x\n"),
    rebuild("enum-method", """
        import enum

        class Kind(enum.Enum):
            A = 1

            def f(self, x):
                return x + <<1=>2>>

        %build Kind.A.f(x)
        """),
    rebuild("enum-missing", """
        import enum

        class Kind(enum.Enum):
            A = 1
            B = 2

            @classmethod
            def _missing_(cls, value):
                return cls.<<A=>B>>

        %build Kind(x).name
        """),
    rebuild("enum-flag", "import enum\n\nclass P(enum.Flag):\n    R = 1\n    W = <<2=>4>>\n\n%build (P.R | P.W).value + x\n"),
    rebuild("enum-member-global", "import enum\n\nclass Kind(enum.Enum):\n    A = 'a'\n    B = 'b'\n\nMODE = Kind.<<A=>B>>\n%build MODE.value * x\n"),
    rebuild("dataclass-default", """
        from dataclasses import dataclass

        @dataclass
        class P:
            a: int = <<1=>2>>

        %build P().a + x
        """),
    rebuild("dataclass-field-order", """
        from dataclasses import dataclass

        @dataclass
        class P:
            <<a: int
            b: int=>b: int
            a: int>>

        %build P(1, x).a
        """),
    rebuild("dataclass-factory", """
        from dataclasses import dataclass, field

        def fresh():
            return [<<1=>2>>]

        @dataclass
        class P:
            a: list = field(default_factory=fresh)

        %build P().a[0] + x
        """),
    rebuild("dataclass-factory-lambda", """
        from dataclasses import dataclass, field

        @dataclass
        class P:
            a: list = field(default_factory=lambda: [<<1=>2>>])

        %build P().a[0] + x
        """),
    rebuild("dataclass-compare-flag", """
        from dataclasses import dataclass, field

        @dataclass
        class P:
            a: int
            b: int = field(default=0, compare=<<True=>False>>)

        %build P(1, 1) == P(1, x)
        """),
    rebuild("dataclass-repr-flag", """
        from dataclasses import dataclass, field

        @dataclass
        class P:
            a: int = field(default=1, repr=<<True=>False>>)

        %build repr(P()) * x
        """),
    rebuild("dataclass-eq-flag", """
        from dataclasses import dataclass

        @dataclass(eq=<<True=>False>>)
        class P:
            a: int = 1

        %build P() == P()
        """),
    rebuild("dataclass-metadata", """
        from dataclasses import dataclass, field, fields

        @dataclass
        class P:
            a: int = field(default=1, metadata={"unit": "<<m=>km>>"})

        %build fields(P)[0].metadata["unit"] * x
        """),
    rebuild("dataclass-annotation-seen-by-fields", """
        from dataclasses import dataclass, fields

        @dataclass
        class P:
            a: <<int=>float>> = 1

        %build fields(P)[0].type.__name__ * x
        """),
    rebuild("dataclass-post-init", """
        from dataclasses import dataclass

        @dataclass
        class P:
            a: int = 1

            def __post_init__(self):
                self.a += <<1=>2>>

        %build P().a + x
        """),
    rebuild("dataclass-inherited", """
        --- pipeline.py
        from dataclasses import dataclass
        from base import Base

        @dataclass
        class P(Base):
            b: int = 1

        %build P().a + x
        --- base.py
        from dataclasses import dataclass

        @dataclass
        class Base:
            a: int = <<1=>2>>
        """),
    rebuild("dataclass-instance-global", """
        from dataclasses import dataclass

        @dataclass(frozen=True)
        class Config:
            a: int
            b: tuple = ()

        CONFIG = Config(1, (1, <<2=>3>>))
        %build CONFIG.b[1] + x
        """),
    rebuild("namedtuple-field-order", "from collections import namedtuple\n\nP = namedtuple('P', '<<a b=>b a>>')\n%build P(1, x).a\n"),
    rebuild("namedtuple-default", "from collections import namedtuple\n\nP = namedtuple('P', 'a b', defaults=[<<1=>2>>])\n%build P(x).b\n"),
    rebuild("typing-namedtuple", "from typing import NamedTuple\n\nclass P(NamedTuple):\n    a: int\n    b: int = <<1=>2>>\n\n%build P(x).b\n"),
    rebuild("typing-namedtuple-method", """
        from typing import NamedTuple

        class P(NamedTuple):
            a: int

            def f(self):
                return self.a + <<1=>2>>

        %build P(x).f()
        """),
    rebuild("namedtuple-instance-global", "from collections import namedtuple\n\nP = namedtuple('P', 'a b')\nPOINT = P(1, <<2=>3>>)\n%build POINT.b + x\n"),
    rebuild("class-typed-dict-annotations", """
        from typing import TypedDict, get_type_hints

        class Row(TypedDict):
            a: <<int=>str>>

        %build get_type_hints(Row)["a"].__name__
        """),
    rebuild("class-cached-on-class", """
        class Helper:
            def f(self, x):
                return x * <<2=>3>>

        @cached
        class Model:
            def __init__(self, x):
                RAN
                self.value = Helper().f(x)
        """, call="Model(3).value", prep="from pipeline import Model"),
    rebuild("class-cached-static-method", """
        class M:
            k = <<2=>3>>

            @staticmethod
            @cached
            def build(x):
                RAN
                return M.k * x
        """, call="M.build(3)", prep="from pipeline import M"),
    rebuild("class-cached-class-method", """
        class M:
            k = <<2=>3>>

            @classmethod
            @cached
            def build(cls, x):
                RAN
                return cls.k * x
        """, call="M.build(3)", prep="from pipeline import M"),
    rebuild("class-outside-base-calls-override", """
        import json

        class Encoder(json.JSONEncoder):
            def default(self, o):
                return <<1=>2>>

        %build json.dumps({"a": object()}, cls=Encoder)
        """),
    rebuild("class-outside-base-calls-new-override", """
        import string

        class Loose(string.Formatter):
            <<pass=>def get_value(self, key, args, given):
                return "none">>

        %build Loose().vformat("{a}", (), {"a": x})
        """),
    rebuild("class-outside-base-computes-name", """
        import ast

        class Names(ast.NodeVisitor):
            seen = 0
            <<=>
            def visit_Name(self, node):
                self.seen += 1>>

        @cached
        def build(x):
            RAN
            names = Names()
            names.visit(ast.parse("a + b"))
            return names.seen
        """),
    rebuild("class-thread-run", """
        import threading

        class Worker(threading.Thread):
            result = None

            def run(self):
                self.result = <<1=>2>>

        @cached
        def build(x):
            RAN
            worker = Worker()
            worker.start()
            worker.join()
            return worker.result
        """),
    hit("class-of-outside-base-unused-method", """
        import numbers

        class Ratio(numbers.Rational):
            numerator, denominator = 1, 2
            __abs__ = __add__ = __ceil__ = __eq__ = __floor__ = __floordiv__ = __le__ = __lt__ = __mod__ = __mul__ = None
            __neg__ = __pos__ = __pow__ = __radd__ = __rfloordiv__ = __rmod__ = __rmul__ = __round__ = __rpow__ = None
            __rtruediv__ = __truediv__ = __trunc__ = None

            def limit(self):
                return <<1=>2>>

        %build float(Ratio()) + x
        """),
    hit("class-of-dict-unused-method", "class D(dict):\n    def other(self):\n        return <<1=>2>>\n\n%build D(a=x)['a']\n"),
    hit("class-generic-unused-method", """
        from typing import Generic, TypeVar

        T = TypeVar("T")

        class Box(Generic[T]):
            def __init__(self, v):
                self.v = v

            def other(self):
                return <<1=>2>>

        %build Box(x).v
        """),
    hit("class-unused-class-in-module", "class A:\n    k = 1\n\nclass B:\n    k = <<1=>2>>\n\n%build A.k + x\n"),
    hit("class-docstring", 'class M:\n    """<<One.=>Two.>>"""\n    k = 2\n\n%build M.k * x\n'),
    hit("class-method-docstring", 'class M:\n    def f(self, x):\n        """<<One.=>Two.>>"""\n        return x\n\n%build M().f(x)\n'),
    hit("class-property-docstring", """
        class M:
            @property
            def k(self):
                '''<<One.=>Two.>>'''
                return 2

        %build M().k * x
        """),
    hit("class-attribute-annotation", "class M:\n    k<<=>: int>> = 2\n\n%build M.k * x\n"),
    hit("class-bare-annotation", "class M:\n    k = 2\n    <<=>other: int>>\n\n%build M.k * x\n"),
    hit("class-methods-reordered", """
        class M:
            <<def f(self):
                return 1

            def g(self):
                return 2=>def g(self):
                return 2

            def f(self):
                return 1>>

        %build M().f() + M().g() + x
        """),
    hit("class-pass-to-docstring", 'class M:\n    <<pass=>"""Nothing."""\n    >>\n\n%build isinstance(M(), M) and x\n'),
    hit("class-generic-parameters-annotation", """
        from typing import Any

        class M:
            def f(self, x: <<int=>Any>>) -> <<int=>Any>>:
                return x

        %build M().f(x)
        """),
    hit("enum-docstring", 'import enum\n\nclass Kind(enum.Enum):\n    """<<One.=>Two.>>"""\n    A = 1\n\n%build Kind.A.value + x\n'),
    hit("dataclass-docstring", """
        from dataclasses import dataclass

        @dataclass
        class P:
            '''<<One.=>Two.>>'''
            a: int = 1

        %build P().a + x
        """),
]
