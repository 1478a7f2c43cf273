"""Functions that a builder reaches, by every kind of name and wrapping."""

from staleness.case import either, hit, rebuild

_NESTED = """
@cached
def inner(x):
    return <<x * 2=>x + x>>

%build inner(x) + 1
"""

CASES = [
    rebuild("code-own-constant", "%build x * <<2=>3>>\n"),
    rebuild("code-own-operator", "%build x <<+=>->> 1\n"),
    rebuild("code-own-comparison", "%build <<x < 3=>x <= 3>>\n"),
    rebuild("code-own-keyword", "%build sorted([3, 1, x], reverse=<<True=>False>>)\n"),
    rebuild("code-own-walrus", "%build (y := x + <<1=>2>>) * y\n"),
    rebuild("code-own-fstring", "%build f'{x:<<03d=>04d>>}'\n"),
    rebuild("code-own-fstring-conversion", "%build f'{str(x)!<<r=>s>>}'\n"),
    rebuild("code-own-slice", "%build 'abcdef'[x:<<=>:2>>]\n"),
    rebuild("code-own-chained", "%build <<1 < x < 4=>1 < x > 4>>\n"),
    rebuild("code-own-float-zero", "%build x * <<0.0=>-0.0>>\n"),
    rebuild("code-own-int-or-float", "%build (x, <<1=>1.0>>)\n"),
    rebuild("code-own-int-or-bool", "%build (x, <<1=>True>>)\n"),
    rebuild("code-own-bytes", "%build <<b'a'=>b'b'>> * x\n"),
    rebuild("code-own-complex", "%build x + <<1j=>2j>>\n"),
    rebuild("code-own-tuple-order", "%build (<<1, 2=>2, 1>>)[x % 2]\n"),
    rebuild("code-own-frozenset", "%build x in {1, 2, <<3=>4>>}\n"),
    rebuild("code-own-ellipsis", "%build [x, <<None=>...>>]\n"),
    rebuild("code-own-exception-caught", """
        @cached
        def build(x):
            RAN
            try:
                return {}[x]
            except <<KeyError=>IndexError>>:
                return 1
            except LookupError:
                return 2
        """),
    rebuild("code-own-exception-order", """
        class Far(Exception):
            pass

        class Near(<<Far=>Exception>>):
            pass

        @cached
        def build(x):
            RAN
            try:
                raise Near
            except Far:
                return 1
            except Exception:
                return 2
        """),
    rebuild("code-own-match", """
        @cached
        def build(x):
            RAN
            match [x, {"kind": "a"}]:
                case [int(n), {"kind": <<"a"=>"b">>}]:
                    return n
                case _:
                    return None
        """),
    rebuild("code-own-match-class", """
        class Point:
            __match_args__ = (<<"x", "y"=>"y", "x">>)

            def __init__(self):
                self.x, self.y = 1, 2

        @cached
        def build(x):
            RAN
            match Point():
                case Point(a, b):
                    return a * 10 + b
        """),
    rebuild("code-own-star-unpacking", """
        @cached
        def build(x):
            RAN
            <<first, *rest=>*rest, first>> = [x, 2, 5]
            return first
        """),
    rebuild("code-own-async-comprehension-filter", "%build [y for y in range(x) if y <<==>!>>= 1]\n"),
    rebuild("code-own-keyword-default", """
        @cached
        def build(x, *, factor=<<2=>3>>):
            RAN
            return x * factor
        """),
    rebuild("code-own-annotated-default", """
        @cached
        def build(x: int, scale: float = <<0.5=>0.25>>) -> float:
            RAN
            return x * scale
        """),
    rebuild("helper-same-module", "def h(x):\n    return x * <<2=>3>>\n\n%build h(x)\n"),
    rebuild("helper-default", "def h(x, k=<<2=>3>>):\n    return x * k\n\n%build h(x)\n"),
    rebuild("helper-default-keyword-only", "def h(x, *, k=<<2=>3>>):\n    return x * k\n\n%build h(x)\n"),
    rebuild("helper-default-mutable", "def h(x, k=[1, {'a': <<2=>3>>}]):\n    return k[1]['a'] + x\n\n%build h(x)\n"),
    rebuild("helper-default-is-function", """
        def one(x):
            return x + <<1=>2>>

        def h(x, f=one):
            return f(x)

        %build h(x)
        """),
    rebuild("helper-parameter-names", "def h(<<a, b=>b, a>>):\n    return a - b\n\n%build h(a=x, b=1) if False else h(x, 1)\n"),
    rebuild("helper-parameter-renamed", "def h(x, <<**others=>y=0>>):\n    return sorted(locals())\n\n%build h(x, y=1)\n"),
    rebuild("helper-recursion", "def h(x):\n    return h(x - 1) + <<1=>2>> if x else 0\n\n%build h(x)\n"),
    rebuild("helper-mutual-recursion", """
        def even(n):
            return True if n == 0 else odd(n - 1)

        def odd(n):
            return <<False=>None>> if n == 0 else even(n - 1)

        %build even(x)
        """),
    rebuild("helper-recursion-among-modules", """
        --- pipeline.py
        import down

        def up(n):
            return down.step(n - 1) if n > 0 else 0

        %build up(x)
        --- down.py
        import pipeline

        def step(n):
            return pipeline.up(n - 1) + <<1=>2>>
        """),
    rebuild("helper-nested-function", """
        @cached
        def build(x):
            RAN
            def outer(y):
                def inner(z):
                    return z + <<1=>2>>
                return inner(y)
            return outer(x)
        """),
    rebuild("helper-closure-factory", """
        def make(k):
            def inner(x):
                return x + k
            return inner

        h = make(<<1=>2>>)
        %build h(x)
        """),
    rebuild("helper-closure-of-closure", """
        def make(k):
            def middle():
                def inner(x):
                    return x + k
                return inner
            return middle()

        h = make({"a": [<<1=>2>>]}["a"][0])
        %build h(x)
        """),
    rebuild("helper-closure-over-function", """
        def base(x):
            return x + <<1=>2>>

        def twice(f):
            return lambda x: f(f(x))

        h = twice(base)
        %build h(x)
        """),
    rebuild("helper-lambda", "h = lambda x: x + <<1=>2>>\n\n%build h(x)\n"),
    rebuild("helper-lambda-in-table", "TABLE = {'a': lambda x: x + 1, 'b': lambda x: x + <<2=>3>>}\n\n%build TABLE['b'](x)\n"),
    rebuild("helper-table-of-tuples", """
        def first(x):
            return x

        def second(x):
            return x * <<2=>3>>

        STEPS = [("first", first), ("second", second)]
        %build [step(x) for name, step in STEPS]
        """),
    rebuild("helper-conditional-definition", """
        FAST = <<True=>False>>
        if FAST:
            def h(x):
                return x
        else:
            def h(x):
                return -x

        %build h(x)
        """),
    rebuild("helper-conditional-import", """
        --- pipeline.py
        try:
            from fast import h
        except ImportError:
            from slow import h

        %build h(x)
        --- slow.py
        def h(x):
            return x
        --- fast.py after
        def h(x):
            return -x
        """),
    rebuild("helper-other-name", "def one(x):\n    return 1\n\ndef two(x):\n    return 2\n\nh = <<one=>two>>\n%build h(x)\n"),
    rebuild("helper-redefined-below", """
        def h(x):
            return 1

        %build h(x)
        <<=>
        def h(x):
            return 2
        >>
        """),
    rebuild("import-module", "--- pipeline.py\nimport etl\n\n%build etl.h(x)\n--- etl.py\ndef h(x):\n    return x * <<2=>3>>\n"),
    rebuild("import-module-as", """
        --- pipeline.py
        import pack.etl as e

        %build e.h(x)
        --- pack/__init__.py
        --- pack/etl.py
        def h(x):
            return x * <<2=>3>>
        """),
    rebuild("import-from-as", """
        --- pipeline.py
        from etl import h as scale

        %build scale(x)
        --- etl.py
        def h(x):
            return x * <<2=>3>>
        """),
    rebuild("import-star", """
        --- pipeline.py
        from etl import *

        %build h(x)
        --- etl.py
        __all__ = ["h"]

        def h(x):
            return x * <<2=>3>>
        """),
    rebuild("import-star-hidden-by-all", """
        --- pipeline.py
        from first import *
        from second import *

        %build h(x)
        --- first.py
        def h(x):
            return 1
        --- second.py
        __all__ = [<<"h"=>>>]

        def h(x):
            return 2
        """),
    rebuild("import-relative", """
        --- pipeline.py
        from pack.stage import run

        %build run(x)
        --- pack/__init__.py
        --- pack/stage.py
        from .deep.etl import h
        from . import sibling

        def run(x):
            return h(x) + sibling.k()
        --- pack/sibling.py
        def k():
            return 1
        --- pack/deep/__init__.py
        --- pack/deep/etl.py
        from ..sibling import k

        def h(x):
            return x * <<2=>3>> + k()
        """),
    rebuild("import-relative-two-up", """
        --- pipeline.py
        from pack.deep.etl import h

        %build h(x)
        --- pack/__init__.py
        --- pack/sibling.py
        def k():
            return <<1=>2>>
        --- pack/deep/__init__.py
        --- pack/deep/etl.py
        from ..sibling import k

        def h(x):
            return x + k()
        """),
    rebuild("import-attribute-chain", """
        --- pipeline.py
        import pack

        %build pack.deep.etl.h(x)
        --- pack/__init__.py
        from . import deep
        --- pack/deep/__init__.py
        from . import etl
        --- pack/deep/etl.py
        def h(x):
            return x * <<2=>3>>
        """),
    rebuild("import-reexported", """
        --- pipeline.py
        from pack import h

        %build h(x)
        --- pack/__init__.py
        from .<<one=>two>> import h
        --- pack/one.py
        def h(x):
            return 1
        --- pack/two.py
        def h(x):
            return 2
        """),
    rebuild("import-in-body", """
        --- pipeline.py
        @cached
        def build(x):
            RAN
            import etl
            return etl.h(x)
        --- etl.py
        def h(x):
            return k(x)

        def k(x):
            return x * <<2=>3>>
        """),
    rebuild("import-from-in-body-as", """
        --- pipeline.py
        @cached
        def build(x):
            RAN
            from pack.etl import h as scale
            return scale(x)
        --- pack/__init__.py
        --- pack/etl.py
        def h(x):
            return x * <<2=>3>>
        """),
    rebuild("import-in-helper-body", """
        --- pipeline.py
        def outer(x):
            from etl import CONSTANT
            return CONSTANT + x

        %build outer(x)
        --- etl.py
        CONSTANT = <<1=>2>>
        """),
    rebuild("import-other-module-shadows", """
        --- pipeline.py
        import etl

        %build etl.h(x)
        --- etl.py
        def h(x):
            return 1
        --- etl/__init__.py after
        def h(x):
            return 2
        """),
    rebuild("import-alias-swapped", """
        --- pipeline.py
        import <<one=>two>> as stage

        %build stage.h(x)
        --- one.py
        def h(x):
            return 1
        --- two.py
        def h(x):
            return 2
        """),
    rebuild("import-constant-through-three-modules", """
        --- pipeline.py
        from a import LIMIT

        %build x + LIMIT
        --- a.py
        from b import LIMIT
        --- b.py
        from c import BASE
        LIMIT = BASE * 2
        --- c.py
        BASE = <<1=>2>>
        """),
    rebuild("decorator-body", """
        def twice(f):
            def inner(x):
                return f(x) * <<2=>3>>
            return inner

        @twice
        def h(x):
            return x

        %build h(x)
        """),
    rebuild("decorator-with-wraps-wrapper-changed", """
        import functools

        def twice(f):
            @functools.wraps(f)
            def inner(*a):
                return f(*a) * <<2=>3>>
            return inner

        @twice
        def h(x):
            return x

        %build h(x)
        """),
    rebuild("decorator-with-wraps-wrapped-changed", """
        import functools

        def twice(f):
            @functools.wraps(f)
            def inner(*a):
                return f(*a) * 2
            return inner

        @twice
        def h(x):
            return x + <<1=>2>>

        %build h(x)
        """),
    rebuild("decorator-argument", """
        import functools

        def times(k):
            def decorate(f):
                @functools.wraps(f)
                def inner(*a):
                    return f(*a) * k
                return inner
            return decorate

        @times(<<2=>3>>)
        def h(x):
            return x

        %build h(x)
        """),
    rebuild("decorator-removed", """
        def negate(f):
            return lambda x: -f(x)

        <<@negate=>>>
        def h(x):
            return x

        %build h(x)
        """),
    rebuild("decorator-order", """
        def plus(f):
            return lambda x: f(x) + 1

        def times(f):
            return lambda x: f(x) * 2

        @<<plus=>times>>
        @<<times=>plus>>
        def h(x):
            return x

        %build h(x)
        """),
    rebuild("decorator-below-cached", """
        def twice(f):
            def inner(x):
                return f(x) * <<2=>3>>
            return inner

        @cached
        @twice
        def build(x):
            RAN
            return x
        """),
    rebuild("decorator-below-cached-wrapped-changed", """
        import functools

        def twice(f):
            @functools.wraps(f)
            def inner(x):
                return f(x) * 2
            return inner

        @cached
        @twice
        def build(x):
            RAN
            return x + <<1=>2>>
        """),
    rebuild("decorator-is-class", """
        class Scaled:
            factor = <<2=>3>>

            def __init__(self, f):
                self.f = f

            def __call__(self, x):
                return self.f(x) * self.factor

        @Scaled
        def h(x):
            return x

        %build h(x)
        """),
    rebuild("functools-lru-cache", """
        import functools

        @functools.lru_cache
        def h(x):
            return x * <<2=>3>>

        %build h(x)
        """),
    rebuild("functools-partial-value", "import functools\n\nh = functools.partial(pow, <<2=>3>>)\n%build h(x)\n"),
    rebuild("functools-partial-keyword", "import functools\n\nh = functools.partial(int, base=<<8=>16>>)\n%build h('10')\n"),
    rebuild("functools-partial-function", """
        import functools

        def scale(k, x):
            return k * x + <<0=>1>>

        h = functools.partial(functools.partial(scale), 2)
        %build h(x)
        """),
    rebuild("functools-partialmethod", """
        import functools

        class Model:
            def scale(self, k, x):
                return k * x

            double = functools.partialmethod(scale, <<2=>3>>)

        %build Model().double(x)
        """),
    rebuild("functools-singledispatch", """
        import functools

        @functools.singledispatch
        def h(x):
            return 0

        @h.register
        def _(x: int):
            return x + <<1=>2>>

        %build h(x)
        """),
    rebuild("functools-singledispatch-new", """
        --- pipeline.py
        from base import h
        import more

        %build h(x)
        --- base.py
        import functools

        @functools.singledispatch
        def h(x):
            return 0
        --- more.py
        from base import h
        <<=>
        @h.register(int)
        def _(x):
            return x
        >>
        """),
    rebuild("functools-singledispatchmethod", """
        import functools

        class Model:
            @functools.singledispatchmethod
            def f(self, x):
                return 0

            @f.register
            def _(self, x: int):
                return x + <<1=>2>>

        %build Model().f(x)
        """),
    rebuild("functools-reduce-with-operator", """
        import functools
        import operator

        h = operator.<<add=>mul>>
        %build functools.reduce(h, range(1, x + 2))
        """),
    rebuild("functools-cmp-to-key", """
        import functools

        def compare(a, b):
            return <<a - b=>b - a>>

        key = functools.cmp_to_key(compare)
        %build sorted([2, x, 1], key=key)
        """),
    rebuild("operator-itemgetter", "import operator\n\nget = operator.itemgetter(<<0=>1>>)\n%build get([x, 7])\n"),
    rebuild("operator-methodcaller", "import operator\n\ncall = operator.methodcaller('<<upper=>title>>')\n%build call('abc')\n"),
    rebuild("contextmanager", """
        import contextlib

        @contextlib.contextmanager
        def scaled():
            yield <<2=>3>>

        @cached
        def build(x):
            RAN
            with scaled() as k:
                return x * k
        """),
    rebuild("context-class-exit", """
        class Quiet:
            def __enter__(self):
                return self

            def __exit__(self, *error):
                return <<True=>False>>

        @cached
        def build(x):
            RAN
            try:
                with Quiet():
                    raise KeyError
                return 1
            except KeyError:
                return 2
        """),
    rebuild("generator", "def items(n):\n    for i in range(n):\n        yield i * <<2=>3>>\n\n%build list(items(x))\n"),
    rebuild("generator-delegating", """
        def leaves():
            yield <<1=>2>>

        def items():
            yield from leaves()

        %build [x, *items()]
        """),
    rebuild("async-helper", """
        import asyncio

        async def h(x):
            return x * <<2=>3>>

        %build asyncio.run(h(x))
        """),
    rebuild("async-generator-helper", """
        import asyncio

        async def items(n):
            for i in range(n):
                yield i * <<2=>3>>

        async def gather(n):
            return [i async for i in items(n)]

        %build asyncio.run(gather(x))
        """),
    rebuild("async-builder", """
        import asyncio

        async def h(x):
            return x * <<2=>3>>

        @cached
        async def build(x):
            RAN
            return await h(x)
        """, call="asyncio.run(build(3))", prep="import asyncio\nfrom pipeline import build"),
    rebuild("thread-helper", """
        from concurrent.futures import ThreadPoolExecutor

        def h(x):
            return x * <<2=>3>>

        @cached
        def build(x):
            RAN
            with ThreadPoolExecutor(2) as pool:
                return list(pool.map(h, range(x)))
        """),
    rebuild("nested-cached-code", """
        @cached
        def inner(x):
            return x * <<2=>3>>

        %build inner(x) + 1
        """),
    either("nested-cached-same-content-outer-first", _NESTED),
    hit("nested-cached-same-content", _NESTED, prep="from pipeline import build, inner\ninner(3)"),
    hit("code-unreached-function", "def h(x):\n    return x\n\ndef other(x):\n    return <<1=>2>>\n\n%build h(x)\n"),
    hit("code-unreached-in-other-module", """
        --- pipeline.py
        import etl

        %build etl.h(x)
        --- etl.py
        def h(x):
            return x

        def other(x):
            return <<1=>2>>
        """),
    hit("code-unreached-class", "class Other:\n    k = <<1=>2>>\n\n%build x\n"),
    hit("code-unreached-decorated", """
        import functools

        def registering(f):
            return functools.wraps(f)(lambda *a: f(*a))

        @registering
        def other(x):
            return <<1=>2>>

        %build x
        """),
    hit("code-new-function", "<<=>def other(x):\n    return 1\n\n>>%build x\n"),
    hit("code-removed-function", "<<def other(x):\n    return 1\n\n=>>>%build x\n"),
    hit("code-functions-reordered", "<<def a(x):\n    return x\n\ndef b(x):\n    return -x\n=>def b(x):\n    return -x\n\ndef a(x):\n    return x\n>>\n%build a(x) + b(x)\n"),
    either("code-helper-moved-to-module", """
        --- pipeline.py
        <<def h(x):
            return x * 2
        =>from etl import h
        >>
        %build h(x)
        --- etl.py after
        def h(x):
            return x * 2
        """),
    hit("code-other-builder-changed", """
        @cached
        def other(x):
            return <<1=>2>>

        %build x
        """),
]
