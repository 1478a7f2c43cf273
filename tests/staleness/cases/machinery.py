"""Class machinery: metaclasses, hooks of class creation, descriptors, protocols, data classes, enumerations, records."""

from staleness.case import either, hit, rebuild

CASES = [
    rebuild("machinery-init-subclass-keyword", "class B:\n    def __init_subclass__(cls, factor=1):\n        cls.factor = factor\n\nclass M(B, factor=<<2=>3>>):\n    pass\n\n%build M.factor * x\n"),
    rebuild("machinery-init-subclass-in-other-module", """
        from base import B

        class M(B):
            pass

        %build M().run(x)
        --- base.py
        class B:
            def __init_subclass__(cls, **kw):
                super().__init_subclass__(**kw)
                cls.run = lambda self, x: x * <<2=>3>>
        """),
    rebuild("machinery-init-subclass-registry", """
        import handlers
        from base import Base

        %build [c.__name__ for c in Base.known]
        --- base.py
        class Base:
            known = []

            def __init_subclass__(cls):
                Base.known.append(cls)
        --- handlers.py
        from base import Base

        class A(Base):
            pass

        class B(Base):
            pass
        <<=>
        class C(Base):
            pass
        >>
        """),
    rebuild("machinery-init-subclass-registry-of-names", """
        import handlers
        from base import Base

        %build Base.known["a"]().run(x)
        --- base.py
        class Base:
            known = {}

            def __init_subclass__(cls, name):
                Base.known[name] = cls
        --- handlers.py
        from base import Base

        class A(Base, name="a"):
            def run(self, x):
                return x * <<2=>3>>
        """),
    rebuild("machinery-set-name-registers", """
        class Column:
            def __init__(self, kind):
                self.kind = kind

            def __set_name__(self, owner, name):
                owner.__dict__.get("columns", []).append((name, self.kind))

        class Row:
            columns = []
            a = Column("<<int=>str>>")

        %build (Row.columns, x)
        """),
    rebuild("machinery-metaclass-getattr", "class T(type):\n    def __getattr__(cls, n):\n        return n + '<<a=>b>>'\n\nclass M(metaclass=T):\n    pass\n\n%build M.some * x\n"),
    rebuild("machinery-metaclass-getitem", "class T(type):\n    def __getitem__(cls, n):\n        return n * <<2=>3>>\n\nclass M(metaclass=T):\n    pass\n\n%build M[x]\n"),
    rebuild("machinery-metaclass-iteration", "class T(type):\n    def __iter__(cls):\n        yield <<2=>3>>\n\nclass M(metaclass=T):\n    pass\n\n%build list(M) * x\n"),
    rebuild("machinery-metaclass-contains", "class T(type):\n    def __contains__(cls, v):\n        return v > <<2=>3>>\n\nclass M(metaclass=T):\n    pass\n\n%build x in M\n"),
    rebuild("machinery-metaclass-or", "class T(type):\n    def __or__(cls, v):\n        return v * <<2=>3>>\n\nclass M(metaclass=T):\n    pass\n\n%build M | x\n"),
    rebuild("machinery-metaclass-instancecheck", "class T(type):\n    def __instancecheck__(cls, v):\n        return v > <<2=>3>>\n\nclass M(metaclass=T):\n    pass\n\n%build isinstance(x, M)\n"),
    rebuild("machinery-metaclass-subclasscheck", "class T(type):\n    def __subclasscheck__(cls, v):\n        return <<True=>False>>\n\nclass M(metaclass=T):\n    pass\n\n%build issubclass(int, M)\n"),
    rebuild("machinery-metaclass-instancecheck-in-except", """
        class T(type):
            def __subclasscheck__(cls, v):
                return <<True=>False>>

        class Caught(Exception, metaclass=T):
            pass

        @cached
        def build(x):
            RAN
            try:
                isinstance(1, Caught) and None
                return issubclass(ValueError, Caught)
            except Caught:
                return "caught"
        """),
    rebuild("machinery-subclass-hook", "import abc\n\nclass M(abc.ABC):\n    @classmethod\n    def __subclasshook__(cls, c):\n        return <<True=>False>>\n\n%build isinstance(x, M)\n"),
    rebuild("machinery-metaclass-property", "class T(type):\n    @property\n    def k(cls):\n        return <<2=>3>>\n\nclass M(metaclass=T):\n    pass\n\n%build M.k * x\n"),
    rebuild("machinery-metaclass-of-base-in-other-module", """
        from base import Base

        class M(Base):
            def f(self, x):
                return x

        %build M().f(x)
        --- base.py
        class T(type):
            def __new__(m, name, bases, space):
                if "f" in space:
                    f = space["f"]
                    space["f"] = lambda self, x: f(self, x) * <<2=>3>>
                return super().__new__(m, name, bases, space)

        class Base(metaclass=T):
            pass
        """),
    rebuild("machinery-metaclass-keyword", "class T(type):\n    def __new__(m, n, b, s, k):\n        return super().__new__(m, n, b, s)\n\n    def __init__(cls, n, b, s, k):\n        cls.k = k\n\nclass M(metaclass=T, k=<<2=>3>>):\n    pass\n\n%build M.k * x\n"),
    rebuild("machinery-metaclass-base-of-metaclass", "class S(type):\n    def make(cls, x):\n        return x * <<2=>3>>\n\nclass T(S):\n    pass\n\nclass M(metaclass=T):\n    pass\n\n%build M.make(x)\n"),
    rebuild("machinery-metaclass-call-counts-instances", "class T(type):\n    def __call__(cls, *a):\n        one = super().__call__(*a)\n        one.tag = '<<a=>b>>'\n        return one\n\nclass M(metaclass=T):\n    pass\n\n%build M().tag * x\n"),
    rebuild("machinery-prepare-order", "class Space(dict):\n    def __setitem__(self, k, v):\n        super().__setitem__(k, v)\n        if k == 'k':\n            super().__setitem__('j', v * <<2=>3>>)\n\nclass T(type):\n    @classmethod\n    def __prepare__(m, n, b):\n        return Space()\n\nclass M(metaclass=T):\n    k = 5\n\n%build M.j * x\n"),
    rebuild("machinery-descriptor-set", "class D:\n    def __set__(self, one, v):\n        one.__dict__['f'] = v * <<2=>3>>\n\nclass M:\n    f = D()\n\n@cached\ndef build(x):\n    RAN\n    m = M()\n    m.f = x\n    return m.__dict__['f']\n"),
    rebuild("machinery-descriptor-delete", "class D:\n    def __delete__(self, one):\n        one.g = <<2=>3>>\n\nclass M:\n    f = D()\n\n@cached\ndef build(x):\n    RAN\n    m = M()\n    del m.f\n    return m.g\n"),
    rebuild("machinery-descriptor-data-wins", "class D:\n    def __get__(self, one, owner):\n        return 7\n    <<=>\n    def __set__(self, one, v):\n        pass\n    >>\n\nclass M:\n    f = D()\n\n@cached\ndef build(x):\n    RAN\n    m = M()\n    m.__dict__['f'] = 1\n    return m.f\n"),
    rebuild("machinery-descriptor-base-in-other-module", "from fields import Field\n\nclass M:\n    f = Field('a')\n\n%build M().f * x\n--- fields.py\nclass Field:\n    def __init__(self, name):\n        self.name = name\n\n    def __get__(self, one, owner):\n        return self.name + '<<a=>b>>'\n"),
    rebuild("machinery-descriptor-class-method-stack", "class C:\n    def __init__(self, f):\n        self.f = f\n\n    def __get__(self, one, owner):\n        return lambda x: self.f(owner, x) * <<2=>3>>\n\nclass M:\n    @C\n    def f(cls, x):\n        return x\n\n%build M.f(x)\n"),
    rebuild("machinery-lazy-property-module", "from lazy import lazy\n\nclass M:\n    @lazy\n    def f(self):\n        return 5\n\n%build M().f * x\n--- lazy.py\nclass lazy:\n    def __init__(self, f):\n        self.f = f\n\n    def __set_name__(self, owner, name):\n        self.name = name\n\n    def __get__(self, one, owner):\n        made = one.__dict__[self.name] = self.f(one) + <<2=>3>>\n        return made\n"),
    rebuild("machinery-abstract-property", "import abc\n\nclass B(abc.ABC):\n    @property\n    @abc.abstractmethod\n    def k(self):\n        return <<2=>3>>\n\nclass M(B):\n    @property\n    def k(self):\n        return super().k\n\n%build M().k * x\n"),
    rebuild("machinery-abc-registered-in-other-module", "import shapes\nimport plug\n\n%build isinstance(plug.Ball(), shapes.Shape)\n--- shapes.py\nimport abc\n\nclass Shape(abc.ABC):\n    pass\n--- plug.py\nimport shapes\n\nclass Ball:\n    pass\n<<=>\nshapes.Shape.register(Ball)\n>>"),
    rebuild("machinery-protocol-member-added", "import typing\n\n@typing.runtime_checkable\nclass P(typing.Protocol):\n    def f(self): ...\n    <<=>\n    def g(self): ...\n    >>\n\nclass M:\n    def f(self):\n        pass\n\n%build isinstance(M(), P)\n"),
    rebuild("machinery-protocol-default-method", "import typing\n\nclass P(typing.Protocol):\n    def f(self):\n        return <<2=>3>>\n\nclass M(P):\n    pass\n\n%build M().f() * x\n"),
    rebuild("machinery-slots-read", "class M:\n    __slots__ = ('a', <<'b'=>'c'>>)\n\n%build M.__slots__\n"),
    rebuild("machinery-slots-refuse", "class M:\n    <<pass=>__slots__ = ()>>\n\n@cached\ndef build(x):\n    RAN\n    try:\n        M().a = 1\n    except AttributeError:\n        return 'refused'\n    return 'taken'\n"),
    rebuild("machinery-weakref-slot", "import weakref\n\nclass M:\n    __slots__ = ('a'<<, =>, '__weakref__'>>)\n\n@cached\ndef build(x):\n    RAN\n    try:\n        weakref.ref(M())\n    except TypeError:\n        return 'refused'\n    return 'taken'\n"),
    rebuild("machinery-dataclass-order", "import dataclasses\n\n@dataclasses.dataclass(order=<<True=>False>>)\nclass P:\n    a: int\n\n@cached\ndef build(x):\n    RAN\n    try:\n        return P(1) < P(2)\n    except TypeError:\n        return 'no order'\n"),
    rebuild("machinery-dataclass-frozen", "import dataclasses\n\n@dataclasses.dataclass(frozen=<<True=>False>>)\nclass P:\n    a: int\n\n@cached\ndef build(x):\n    RAN\n    p = P(1)\n    try:\n        p.a = 2\n    except dataclasses.FrozenInstanceError:\n        return 'frozen'\n    return p.a\n"),
    rebuild("machinery-dataclass-keyword-only", "import dataclasses\n\n@dataclasses.dataclass(kw_only=<<True=>False>>)\nclass P:\n    a: int\n\n@cached\ndef build(x):\n    RAN\n    try:\n        return P(1).a\n    except TypeError:\n        return 'keyword only'\n"),
    rebuild("machinery-dataclass-keyword-only-marker", "import dataclasses\n\n@dataclasses.dataclass\nclass P:\n    a: int\n    <<=>_: dataclasses.KW_ONLY>>\n    b: int = 1\n\n@cached\ndef build(x):\n    RAN\n    try:\n        return P(1, 2).b\n    except TypeError:\n        return 'keyword only'\n"),
    rebuild("machinery-dataclass-slots", "import dataclasses\n\n@dataclasses.dataclass(slots=<<True=>False>>)\nclass P:\n    a: int = 1\n\n%build hasattr(P(), '__dict__')\n"),
    rebuild("machinery-dataclass-init-variable", "import dataclasses\n\n@dataclasses.dataclass\nclass P:\n    a: dataclasses.InitVar[int]\n    b: int = 0\n\n    def __post_init__(self, a):\n        self.b = a * <<2=>3>>\n\n%build P(x).b\n"),
    rebuild("machinery-dataclass-init-false", "import dataclasses\n\n@dataclasses.dataclass\nclass P:\n    a: int\n    b: int = dataclasses.field(init=False, default=<<2=>3>>)\n\n%build P(x).b\n"),
    rebuild("machinery-dataclass-class-variable", "import dataclasses\nimport typing\n\n@dataclasses.dataclass\nclass P:\n    a: int = 1\n    b: <<int=>typing.ClassVar[int]>> = 2\n\n%build repr(P())\n"),
    rebuild("machinery-dataclass-hash", "import dataclasses\n\n@dataclasses.dataclass(unsafe_hash=<<True=>False>>)\nclass P:\n    a: int\n\n@cached\ndef build(x):\n    RAN\n    try:\n        return hash(P(x)) == hash(P(x))\n    except TypeError:\n        return 'unhashable'\n"),
    rebuild("machinery-dataclass-match-args", "import dataclasses\n\n@dataclasses.dataclass(match_args=<<True=>False>>)\nclass P:\n    a: int\n\n%build hasattr(P, '__match_args__')\n"),
    rebuild("machinery-dataclass-factory-helper", "import dataclasses\nimport makers\n\n@dataclasses.dataclass\nclass P:\n    a: list = dataclasses.field(default_factory=makers.make)\n\n%build P().a * x\n--- makers.py\ndef make():\n    return [size()]\n\ndef size():\n    return <<2=>3>>\n"),
    rebuild("machinery-dataclass-factory-class", "import dataclasses\n\nclass Inner:\n    k = <<2=>3>>\n\n@dataclasses.dataclass\nclass P:\n    a: Inner = dataclasses.field(default_factory=Inner)\n\n%build P().a.k * x\n"),
    rebuild("machinery-dataclass-asdict", "import dataclasses\n\n@dataclasses.dataclass\nclass P:\n    a: int = 1\n    <<=>b: int = 2>>\n\n%build dataclasses.asdict(P())\n"),
    rebuild("machinery-dataclass-replace", "import dataclasses\n\n@dataclasses.dataclass(frozen=True)\nclass P:\n    a: int = 1\n    b: int = 2\n\n    def __post_init__(self):\n        object.__setattr__(self, 'b', self.a * <<2=>3>>)\n\n%build dataclasses.replace(P(), a=x).b\n"),
    rebuild("machinery-dataclass-base-default", "from base import Base\nimport dataclasses\n\n@dataclasses.dataclass\nclass P(Base):\n    b: int = 1\n\n%build P()\n--- base.py\nimport dataclasses\n\n@dataclasses.dataclass\nclass Base:\n    a: int = <<2=>3>>\n", call="repr(build(3))"),
    rebuild("machinery-dataclass-transforming-decorator", "from deco import model\n\n@model\nclass P:\n    a: int = 1\n\n%build repr(P())\n--- deco.py\nimport dataclasses\n\ndef model(c):\n    return dataclasses.dataclass(repr=<<True=>False>>, eq=True)(c) if False else dataclasses.dataclass(type(c)('Q<<1=>2>>', (c,), {}))\n"),
    rebuild("machinery-enum-alias", "import enum\n\nclass E(enum.Enum):\n    A = 1\n    B = <<2=>1>>\n\n%build (len(E), E['B'].name)\n"),
    rebuild("machinery-enum-members", "import enum\n\nclass E(enum.Enum):\n    A = 1\n    <<=>B = 1>>\n\n%build list(E.__members__)\n"),
    rebuild("machinery-enum-generated-value", "import enum\n\nclass B(enum.Enum):\n    def _generate_next_value_(name, start, count, last):\n        return name.<<lower=>upper>>()\n\nclass E(B):\n    Ab = enum.auto()\n\n%build E.Ab.value * x\n"),
    rebuild("machinery-enum-auto-order", "import enum\n\nclass E(enum.Enum):\n    <<A=>B>> = enum.auto()\n    <<B=>A>> = enum.auto()\n\n%build E.A.value * x\n"),
    rebuild("machinery-enum-string-mixin", "import enum\n\nclass E(str, enum.Enum):\n    A = 'a'\n\n    def __str__(self):\n        return self.value + '<<1=>2>>'\n\n%build str(E.A) * x\n"),
    rebuild("machinery-enum-mixin-in-other-module", "import enum\nfrom mix import Named\n\nclass E(Named, enum.Enum):\n    A = 1\n\n%build E.A.label() * x\n--- mix.py\nclass Named:\n    def label(self):\n        return self.name + '<<1=>2>>'\n"),
    rebuild("machinery-enum-property", "import enum\n\nclass E(enum.Enum):\n    A = 1\n\n    @property\n    def k(self):\n        return self.value * <<2=>3>>\n\n%build E.A.k * x\n"),
    rebuild("machinery-enum-member-with-init", "import enum\n\nclass E(enum.Enum):\n    A = (1, <<2=>3>>)\n\n    def __init__(self, a, b):\n        self.b = b\n\n%build E.A.b * x\n"),
    rebuild("machinery-enum-new", "import enum\n\nclass E(enum.Enum):\n    A = 1\n\n    def __new__(cls, v):\n        one = object.__new__(cls)\n        one._value_ = v * <<2=>3>>\n        return one\n\n%build E.A.value * x\n"),
    rebuild("machinery-enum-functional", "import enum\n\nE = enum.Enum('E', '<<A B=>B A>>')\n%build E['A'].value * x\n"),
    rebuild("machinery-enum-by-value", "import enum\n\nclass E(enum.IntEnum):\n    A = 3\n    B = <<4=>5>>\n\n@cached\ndef build(x):\n    RAN\n    try:\n        return E(x + 1).name\n    except ValueError:\n        return 'none'\n"),
    rebuild("machinery-enum-ignore-or-private", "import enum\n\nclass E(enum.Enum):\n    _ignore_ = ['k']\n    E = 1\n    for k in range(<<2=>3>>):\n        vars()[f'M{k}'] = k\n\n%build [m.name for m in E]\n"),
    rebuild("machinery-flag-boundary", "import enum\n\nclass F(enum.Flag<<=>, boundary=enum.KEEP>>):\n    A = 1\n    B = 2\n\n@cached\ndef build(x):\n    RAN\n    try:\n        return F(9).value\n    except ValueError:\n        return 'refused'\n", since=(3, 11)),
    rebuild("machinery-enum-iteration-used-by-helper", "import helpers\n\n%build helpers.names()\n--- helpers.py\nfrom colours import Colour\n\ndef names():\n    return [c.name.lower() for c in Colour]\n--- colours.py\nimport enum\n\nclass Colour(enum.Enum):\n    RED = 1\n    <<BLUE = 2=>BLUE = 2\n    GREEN = 3>>\n"),
    rebuild("machinery-namedtuple-rename", "import collections\n\nR = collections.namedtuple('R', ['a', 'class'], rename=True, defaults=[<<2=>3>>])\n%build R(x)._asdict()\n"),
    rebuild("machinery-namedtuple-subclass-method", "import collections\n\nclass R(collections.namedtuple('R', 'a b')):\n    def total(self):\n        return self.a + self.b * <<2=>3>>\n\n%build R(x, 1).total()\n"),
    rebuild("machinery-namedtuple-fields-read", "import typing\n\nclass R(typing.NamedTuple):\n    a: int\n    <<b=>c>>: int = 1\n\n%build R._fields\n"),
    rebuild("machinery-typed-dict-total", "import typing\n\nclass R(typing.TypedDict, total=<<True=>False>>):\n    a: int\n\n%build sorted(R.__required_keys__)\n"),
    rebuild("machinery-typed-dict-inherited", "import typing\nfrom base import Base\n\nclass R(Base):\n    a: int\n\n%build sorted(R.__annotations__)\n--- base.py\nimport typing\n\nclass Base(typing.TypedDict):\n    <<b=>c>>: int\n"),
    rebuild("machinery-generic-method", "import typing\n\nT = typing.TypeVar('T')\n\nclass Box(typing.Generic[T]):\n    def __init__(self, v):\n        self.v = v\n\n    def get(self):\n        return self.v * <<2=>3>>\n\n%build Box[int](x).get()\n"),
    rebuild("machinery-generic-alias-global", "import typing\n\nclass Box:\n    def f(self, x):\n        return x * <<2=>3>>\n\nAlias = typing.Optional[Box]\n%build typing.get_args(Alias)[0]().f(x)\n"),
    rebuild("machinery-generic-alias-argument", "import typing\n\nAlias = typing.List[<<int=>str>>]\n%build typing.get_args(Alias)[0](x)\n"),
    rebuild("machinery-builtin-alias-argument", "Alias = dict[str, <<int=>float>>]\n%build Alias.__args__[1](x)\n"),
    rebuild("machinery-literal", "import typing\n\nMode = typing.Literal['a', '<<b=>c>>']\n%build typing.get_args(Mode)\n"),
    rebuild("machinery-new-type", "import typing\n\nId = typing.NewType('Id', int)\ndef check(v):\n    return Id(v) * <<2=>3>>\n\n%build check(x)\n"),
    rebuild("machinery-annotated-metadata", "import typing\n\ndef f(a: typing.Annotated[int, <<2=>3>>]):\n    pass\n\n%build typing.get_type_hints(f, include_extras=True)['a'].__metadata__[0] * x\n"),
    rebuild("machinery-annotations-drive-conversion", "import inspect\n\ndef f(a: <<int=>str>>):\n    return a\n\n%build inspect.signature(f).parameters['a'].annotation(x)\n"),
    rebuild("machinery-annotations-of-class-drive", "import schema\n\nclass Row:\n    a: <<int=>str>>\n\n%build schema.convert(Row, x)\n--- schema.py\ndef convert(c, v):\n    return [t(v) for t in c.__annotations__.values()]\n"),
    rebuild("machinery-annotations-drive-by-decorator", "from schema import typed\n\n@typed\ndef f(a: <<int=>str>>):\n    return a\n\n%build f(x)\n--- schema.py\ndef typed(f):\n    kinds = list(f.__annotations__.values())\n    def wrapper(*a):\n        return f(*(k(v) for k, v in zip(kinds, a)))\n    return wrapper\n"),
    rebuild("machinery-class-body-loop", "class M:\n    for n in 'ab':\n        locals()[n] = ord(n) + <<2=>3>>\n\n%build M.a * x\n"),
    rebuild("machinery-class-body-condition", "FAST = <<True=>False>>\n\nclass M:\n    if FAST:\n        def f(self, x):\n            return x\n    else:\n        def f(self, x):\n            return -x\n\n%build M().f(x)\n"),
    rebuild("machinery-class-body-calls-helper", "def table(n):\n    return list(range(n * <<2=>3>>))\n\nclass M:\n    t = table(2)\n\n%build M.t\n"),
    rebuild("machinery-mixin-middle", "from mix import Mid\n\nclass A:\n    def f(self):\n        return ['a']\n\nclass M(Mid, A):\n    pass\n\n%build M().f()\n--- mix.py\nclass Mid:\n    def f(self):\n        return ['<<m=>n>>', *super().f()]\n"),
    rebuild("machinery-super-in-class-method", "class A:\n    @classmethod\n    def make(cls, x):\n        return x * <<2=>3>>\n\nclass M(A):\n    @classmethod\n    def make(cls, x):\n        return super().make(x)\n\n%build M.make(x)\n"),
    rebuild("machinery-attribute-is-function-of-module", "import helpers\n\nclass M:\n    run = staticmethod(helpers.run)\n\n%build M.run(x)\n--- helpers.py\ndef run(x):\n    return x * <<2=>3>>\n"),
    rebuild("machinery-attribute-is-lambda", "class M:\n    run = lambda self, x: x * <<2=>3>>\n\n%build M().run(x)\n"),
    rebuild("machinery-attribute-assigned-after", "class M:\n    pass\n\ndef f(self, x):\n    return x * <<2=>3>>\n\nM.run = f\n%build M().run(x)\n"),
    rebuild("machinery-setattr-loop", "class M:\n    pass\n\nfor n in ('a', 'b'):\n    setattr(M, n, property(lambda self, n=n: n * <<2=>3>>))\n\n%build M().b\n"),
    rebuild("machinery-partialmethod", "import functools\n\nclass M:\n    def f(self, x, k):\n        return x * k\n\n    g = functools.partialmethod(f, k=<<2=>3>>)\n\n%build M().g(x)\n"),
    rebuild("machinery-partialmethod-target", "import functools\n\nclass M:\n    def f(self, x, k):\n        return x * k + <<2=>3>>\n\n    g = functools.partialmethod(f, k=1)\n\n%build M().g(x)\n"),
    rebuild("machinery-singledispatchmethod-new", "import functools\n\nclass M:\n    @functools.singledispatchmethod\n    def f(self, v):\n        return 'any'\n    <<=>\n    @f.register\n    def _(self, v: int):\n        return 'int'\n    >>\n%build M().f(x)\n"),
    rebuild("machinery-cached-property-helper", "import functools\nfrom helpers import load\n\nclass M:\n    @functools.cached_property\n    def k(self):\n        return load()\n\n%build M().k * x\n--- helpers.py\ndef load():\n    return <<2=>3>>\n"),
    rebuild("machinery-lru-cache-on-method", "import functools\n\nclass M:\n    @functools.lru_cache(None)\n    def f(self, x):\n        return x * <<2=>3>>\n\n%build M().f(x)\n"),
    rebuild("machinery-property-chain", "class A:\n    @property\n    def b(self):\n        return B()\n\nclass B:\n    @property\n    def c(self):\n        return <<2=>3>>\n\n%build A().b.c * x\n"),
    rebuild("machinery-property-by-call", "class M:\n    def get(self):\n        return <<2=>3>>\n\n    k = property(get)\n\n%build M().k * x\n"),
    rebuild("machinery-property-overridden-by-setter", "from base import A\n\nclass M(A):\n    @A.k.getter\n    def k(self):\n        return <<2=>3>>\n\n%build M().k * x\n--- base.py\nclass A:\n    @property\n    def k(self):\n        return 1\n"),
    rebuild("machinery-attrgetter-of-class", "import operator\n\nclass M:\n    k = <<2=>3>>\n\nget = operator.attrgetter('k')\n%build get(M) * x\n"),
    rebuild("machinery-exception-str", "class E(Exception):\n    def __str__(self):\n        return 'e<<1=>2>>'\n\n@cached\ndef build(x):\n    RAN\n    try:\n        raise E\n    except Exception as e:\n        return str(e)\n"),
    rebuild("machinery-exception-group", "class E(Exception):\n    code = <<2=>3>>\n\n@cached\ndef build(x):\n    RAN\n    try:\n        raise ExceptionGroup('g', [E()])\n    except* E as g:\n        return_value = g.exceptions[0].code\n    return return_value\n", since=(3, 11)),
    rebuild("machinery-mutable-mapping", "import collections.abc\n\nclass M(collections.abc.Mapping):\n    def __getitem__(self, k):\n        return k * <<2=>3>>\n\n    def __iter__(self):\n        return iter([1, 2])\n\n    def __len__(self):\n        return 2\n\n%build dict(M().items())\n"),
    rebuild("machinery-sequence-mixin", "import collections.abc\n\nclass M(collections.abc.Sequence):\n    def __getitem__(self, i):\n        return [1, 2, <<3=>4>>][i]\n\n    def __len__(self):\n        return 3\n\n%build M().index(3) if 3 in M() else 'none'\n"),
    rebuild("machinery-user-dict", "import collections\n\nclass M(collections.UserDict):\n    def __setitem__(self, k, v):\n        super().__setitem__(k, v * <<2=>3>>)\n\n%build M(a=1)['a'] * x\n"),
    rebuild("machinery-json-encoder", "import json\n\nclass E(json.JSONEncoder):\n    def default(self, o):\n        return '<<a=>b>>'\n\n%build json.dumps({'x': {1}.__class__}, cls=E)\n"),
    rebuild("machinery-string-template", "import string\n\nclass T(string.Template):\n    delimiter = '<<$=>%>>'\n\n%build T('$a %a').safe_substitute(a=x)\n"),
    rebuild("machinery-string-formatter", "import string\n\nclass F(string.Formatter):\n    def format_field(self, v, s):\n        return str(v) + '<<a=>b>>'\n\n%build F().format('{}', x)\n"),
    rebuild("machinery-logging-formatter", "import logging\n\nclass F(logging.Formatter):\n    def format(self, r):\n        return r.msg + '<<a=>b>>'\n\n%build F().format(logging.makeLogRecord({'msg': 'm'}))\n"),
    rebuild("machinery-argparse-action", "import argparse\n\nclass A(argparse.Action):\n    def __call__(self, p, n, v, o=None):\n        setattr(n, self.dest, v + '<<a=>b>>')\n\n@cached\ndef build(x):\n    RAN\n    p = argparse.ArgumentParser()\n    p.add_argument('-a', action=A)\n    return p.parse_args(['-a', 'v']).a\n"),
    rebuild("machinery-html-parser", "import html.parser\n\nclass P(html.parser.HTMLParser):\n    got = ()\n\n    def handle_starttag(self, t, a):\n        self.got += (t + '<<a=>b>>',)\n\n@cached\ndef build(x):\n    RAN\n    p = P()\n    p.feed('<p>')\n    return p.got\n"),
    rebuild("machinery-ast-visitor", "import ast\n\nclass V(ast.NodeVisitor):\n    n = 0\n\n    def visit_Constant(self, node):\n        V.last = node.value * <<2=>3>>\n\n@cached\ndef build(x):\n    RAN\n    v = V()\n    v.visit(ast.parse('4'))\n    return v.last\n"),
    rebuild("machinery-cmd-by-name", "import cmd\n\nclass C(cmd.Cmd):\n    def do_a(self, line):\n        self.got = line + '<<a=>b>>'\n\n@cached\ndef build(x):\n    RAN\n    c = C()\n    c.onecmd('a v')\n    return c.got\n"),
    rebuild("machinery-unittest-case", "import io\nimport unittest\n\nclass T(unittest.TestCase):\n    def test_a(self):\n        self.assertEqual(<<1=>2>>, 1)\n\n@cached\ndef build(x):\n    RAN\n    return unittest.TextTestRunner(stream=io.StringIO()).run(unittest.defaultTestLoader.loadTestsFromTestCase(T)).wasSuccessful()\n"),
    rebuild("machinery-pickle-reduce", "import pickle\n\nclass M:\n    def __reduce__(self):\n        return (make, (<<2=>3>>,))\n\ndef make(v):\n    return v\n\n%build pickle.loads(pickle.dumps(M())) * x\n"),
    rebuild("machinery-pickle-state", "import pickle\n\nclass M:\n    def __getstate__(self):\n        return {'k': <<2=>3>>}\n\n%build pickle.loads(pickle.dumps(M())).k * x\n"),
    rebuild("machinery-copyreg", "import copyreg\nimport copy\n\nclass M:\n    k = 1\n\ndef make():\n    return <<2=>3>>\n\ncopyreg.pickle(M, lambda m: (make, ()))\n%build copy.copy(M()) * x\n"),
    rebuild("machinery-threading-local", "import threading\n\nclass L(threading.local):\n    def __init__(self):\n        self.k = <<2=>3>>\n\nONE = L()\n%build ONE.k * x\n"),
    rebuild("machinery-instance-method-bound-elsewhere", "import types\n\nclass M:\n    pass\n\ndef f(self, x):\n    return x * <<2=>3>>\n\nONE = M()\nONE.f = types.MethodType(f, ONE)\n%build ONE.f(x)\n"),
    rebuild("machinery-class-factory-argument", "def make(k):\n    class C:\n        def f(self, x):\n            return x * k\n    return C\n\nC = make(<<2=>3>>)\n%build C().f(x)\n"),
    rebuild("machinery-type-of-argument-name", "class M:\n    <<pass=>__qualname__ = 'N'>>\n\n%build M.__qualname__\n"),
    rebuild("machinery-final-and-override", "import typing\n\nclass A:\n    def f(self):\n        return 1\n\n@typing.final\nclass M(A):\n    def f(self):\n        return <<2=>3>>\n\n%build M().f() * x\n"),
    hit("machinery-unused-slot-comment", "class M:\n    k = 1  # <<a=>b>>\n\n%build M.k * x\n"),
    hit("machinery-unused-class-method", "class M:\n    k = 1\n\n    @classmethod\n    def never(cls):\n        return <<2=>3>>\n\n%build M.k * x\n"),
    hit("machinery-unused-property", "class M:\n    k = 1\n\n    @property\n    def never(self):\n        return <<2=>3>>\n\n%build M.k * x\n"),
    hit("machinery-unused-attribute", "class M:\n    k = 1\n    never = <<2=>3>>\n\n%build M().k * x\n"),
    hit("machinery-unused-subclass-added", "class M:\n    k = 1\n<<=>\nclass N(M):\n    k = 2\n>>\n%build M.k * x\n"),
    hit("machinery-overload-added", "import typing\n<<=>\n@typing.overload\ndef h(x: int) -> int: ...\n@typing.overload\ndef h(x: str) -> str: ...\n>>\ndef h(x):\n    return x\n\n%build h(x)\n"),
    hit("machinery-overload-in-class", "import typing\n\nclass M:\n    <<=>\n    @typing.overload\n    def h(self, x: int) -> int: ...\n    @typing.overload\n    def h(self, x: str) -> str: ...\n    >>\n    def h(self, x):\n        return x\n\n%build M().h(x)\n"),
    hit("machinery-protocol-docstring", "import typing\n\nclass P(typing.Protocol):\n    '''<<a=>b>>'''\n    def f(self): ...\n\nclass M(P):\n    def f(self):\n        return 1\n\n%build M().f() * x\n"),
    hit("machinery-dataclass-field-comment", "import dataclasses\n\n@dataclasses.dataclass\nclass P:\n    a: int = 1  # <<a=>b>>\n\n%build P().a * x\n"),
    hit("machinery-dataclass-annotation", "import dataclasses\n\n@dataclasses.dataclass\nclass P:\n    a: <<int=>'int'>> = 1\n\n%build P().a * x\n"),
    hit("machinery-enum-comment", "import enum\n\nclass E(enum.Enum):\n    A = 1  # <<a=>b>>\n\n%build E.A.value * x\n"),
    hit("machinery-unused-method-of-dataclass", "import dataclasses\n\n@dataclasses.dataclass\nclass P:\n    a: int = 1\n\n    def never(self):\n        return <<2=>3>>\n\n%build P().a * x\n"),
    hit("machinery-unused-method-of-enum", "import enum\n\nclass E(enum.Enum):\n    A = 1\n\n    def never(self):\n        return <<2=>3>>\n\n%build E.A.value * x\n"),
    hit("machinery-unused-method-of-namedtuple", "import typing\n\nclass R(typing.NamedTuple):\n    a: int = 1\n\n    def never(self):\n        return <<2=>3>>\n\n%build R().a * x\n"),
    hit("machinery-unused-method-of-generic", "import typing\n\nT = typing.TypeVar('T')\n\nclass Box(typing.Generic[T]):\n    k = 1\n\n    def never(self):\n        return <<2=>3>>\n\n%build Box().k * x\n"),
    hit("machinery-unused-method-of-abc", "import abc\n\nclass B(abc.ABC):\n    @abc.abstractmethod\n    def f(self): ...\n\nclass M(B):\n    def f(self):\n        return 1\n\n    def never(self):\n        return <<2=>3>>\n\n%build M().f() * x\n"),
    hit("machinery-unused-method-of-exception", "class E(Exception):\n    def never(self):\n        return <<2=>3>>\n\n@cached\ndef build(x):\n    RAN\n    try:\n        raise E\n    except E:\n        return 1\n"),
    either("machinery-methods-reordered", "class M:\n    <<def a(self):\n        return 1\n\n    def b(self):\n        return 2=>def b(self):\n        return 2\n\n    def a(self):\n        return 1>>\n\n%build M().a() * x\n"),
]
