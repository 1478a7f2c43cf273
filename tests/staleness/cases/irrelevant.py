"""Changes that change nothing: each must be a hit, but for a few names spelled otherwise."""

from staleness.case import either, hit

CASES = [
    hit("irrelevant-comment", "%build x\n<<=># a comment\n>>"),
    hit("irrelevant-comment-in-body", "@cached\ndef build(x):\n    RAN\n    <<=># a comment\n    >>return x\n"),
    hit("irrelevant-comment-changed", "def h(x):\n    return x  # <<one=>two>>\n\n%build h(x)\n"),
    hit("irrelevant-docstring-changed", 'def h(x):\n    """<<One.=>Two.>>"""\n    return x\n\n%build h(x)\n'),
    hit("irrelevant-docstring-added", 'def h(x):\n    <<=>"""One."""\n    >>return x\n\n%build h(x)\n'),
    hit("irrelevant-docstring-removed-from-builder", '@cached\ndef build(x):\n    <<"""One."""\n    =>>>RAN\n    return x\n'),
    hit("irrelevant-docstring-equals-constant", 'def h(x):\n    <<=>"""a"""\n    >>return "a" * x\n\n%build h(x)\n'),
    hit("irrelevant-docstring-of-nested", 'def h(x):\n    def inner():\n        """<<One.=>Two.>>"""\n        return x\n    return inner()\n\n%build h(x)\n'),
    hit("irrelevant-docstring-of-generator", 'def h(x):\n    """<<One.=>Two.>>"""\n    yield x\n\n%build list(h(x))\n'),
    hit("irrelevant-docstring-of-async", 'import asyncio\n\nasync def h(x):\n    """<<One.=>Two.>>"""\n    return x\n\n%build asyncio.run(h(x))\n'),
    hit("irrelevant-docstring-of-module", '--- pipeline.py\nimport etl\n\n%build etl.h(x)\n--- etl.py\n"""<<One.=>Two.>>"""\n\ndef h(x):\n    return x\n'),
    hit("irrelevant-docstring-only-body", 'class Broken(Exception):\n    <<pass=>"""Never."""\n    >>\n\ndef h(x):\n    if x < 0:\n        raise Broken\n    return x\n\n%build h(x)\n'),
    hit("irrelevant-pass-to-docstring-function", 'def quiet():\n    <<pass=>"""Nothing."""\n    >>\n\n%build quiet() or x\n'),
    hit("irrelevant-pass-to-ellipsis", "def quiet():\n    <<pass=>...>>\n\n%build quiet() or x\n"),
    hit("irrelevant-docstring-of-decorated", """
        import functools

        def same(f):
            @functools.wraps(f)
            def inner(*a):
                return f(*a)
            return inner

        @same
        def h(x):
            '''<<One.=>Two.>>'''
            return x

        %build h(x)
        """),
    hit("irrelevant-docstring-of-lru-cached", """
        import functools

        @functools.lru_cache
        def h(x):
            '''<<One.=>Two.>>'''
            return x

        %build h(x)
        """),
    hit("irrelevant-docstring-of-singledispatch", """
        import functools

        @functools.singledispatch
        def h(x):
            '''<<One.=>Two.>>'''
            return 0

        @h.register
        def _(x: int):
            '''<<Three.=>Four.>>'''
            return x

        %build h(x)
        """),
    hit("irrelevant-docstring-of-contextmanager", """
        import contextlib

        @contextlib.contextmanager
        def scaled():
            '''<<One.=>Two.>>'''
            yield 2

        @cached
        def build(x):
            RAN
            with scaled() as k:
                return x * k
        """),
    hit("irrelevant-blank-lines", "def h(x):\n<<=>\n\n>>    return x\n<<=>\n\n>>\n%build h(x)\n"),
    hit("irrelevant-lines-above", "<<=>\n\n\n>>def h(x):\n    return x\n\n%build h(x)\n"),
    hit("irrelevant-line-split-call", "def h(a, b):\n    return a + b\n\n%build h(<<x, 1=>\n        x,\n        1,\n    >>)\n"),
    hit("irrelevant-line-split-long-expression", "%build <<x + 1 + 2=>(\n        x\n        + 1\n        + 2\n    )>>\n"),
    hit("irrelevant-line-split-condition", """
        def h(x):
            if <<x > 1 and x < 9=>(
                x > 1
                and x < 9
            )>>:
                return x
            return 0

        %build h(x)
        """),
    hit("irrelevant-line-split-chain", "%build <<'a,b'.replace('a', 'c').split(',')=>(\n        'a,b'\n        .replace('a', 'c')\n        .split(',')\n    )>>\n"),
    hit("irrelevant-line-split-backslash", "%build x + <<1=>\\\n        1>>\n"),
    hit("irrelevant-line-split-comprehension", """
        %build [y * 2<<  =>
                >>for y in range(x)<<  =>
                >>if y != 1]
        """),
    hit("irrelevant-line-split-with", """
        import contextlib

        @cached
        def build(x):
            RAN
            with <<contextlib.nullcontext(1) as a, contextlib.nullcontext(2) as b=>(
                contextlib.nullcontext(1) as a,
                contextlib.nullcontext(2) as b,
            )>>:
                return a + b + x
        """),
    hit("irrelevant-line-split-try", """
        def h(x):
            for i in range(x):
                try:
                    if i == 1: <<continue=>
                        continue>>
                    x += i
                finally:
                    x -= 0
            return x

        %build h(x)
        """),
    hit("irrelevant-statements-on-one-line", "def h(x):\n    a = 1<<; =>\n    >>b = 2\n    return a + b + x\n\n%build h(x)\n"),
    hit("irrelevant-if-on-one-line", "def h(x):\n    if x:<< =>\n        >>return 1\n    return 2\n\n%build h(x)\n"),
    hit("irrelevant-while-line-split", "def h(x):\n    while x > 1:<< =>\n        >>x -= 1\n    return x\n\n%build h(x)\n"),
    hit("irrelevant-indentation-width", "def h(x):\n<<    =>  >>return x\n\n%build h(x)\n"),
    hit("irrelevant-trailing-comma", "K = [1, 2<<=>,>>]\n\n%build len(K) + max(x, 1<<=>,>>)\n"),
    hit("irrelevant-trailing-comma-parameters", "def h(x, y=1<<=>,>>):\n    return x + y\n\n%build h(x)\n"),
    hit("irrelevant-parentheses", "%build <<x + 1=>(x) + (1)>>\n"),
    hit("irrelevant-quotes", "K = <<'a'=>\"a\">>\n\n%build K * x\n"),
    hit("irrelevant-string-joined", "K = <<'ab'=>'a' 'b'>>\n\n%build K * x + <<'cd'=>'c' 'd'>>\n"),
    hit("irrelevant-string-raw", "%build <<'a\\\\d'=>r'a\\d'>> * x\n"),
    hit("irrelevant-number-written-otherwise", "%build x + <<1000000=>1_000_000>> + <<255=>0xff>>\n"),
    hit("irrelevant-constant-folded", "%build x + <<60 * 60=>3600>>\n"),
    hit("irrelevant-annotation-parameter", "def h(x<<=>: int>>):\n    return x\n\n%build h(x)\n"),
    hit("irrelevant-annotation-return", "def h(x)<<=> -> int>>:\n    return x\n\n%build h(x)\n"),
    hit("irrelevant-annotation-of-builder", "@cached\ndef build(x<<=>: int>>)<<=> -> 'int'>>:\n    RAN\n    return x\n"),
    hit("irrelevant-annotation-local", "def h(x):\n    y<<=>: int>> = x\n    return y\n\n%build h(x)\n"),
    hit("irrelevant-annotation-local-bare", "def h(x):\n    <<=>y: int\n    >>y = x\n    return y\n\n%build h(x)\n"),
    hit("irrelevant-annotation-module-variable", "K<<=>: int>> = 1\n\n%build K + x\n"),
    hit("irrelevant-annotation-nested-function", "def h(x):\n    def inner(y<<=>: int>>)<<=> -> int>>:\n        return y\n    return inner(x)\n\n%build h(x)\n"),
    hit("irrelevant-annotation-lambda-holder", "from typing import Callable\n\nh<<=>: Callable[[int], int]>> = lambda x: x\n\n%build h(x)\n"),
    hit("irrelevant-annotation-names-class", """
        class Row:
            k = <<1=>2>>

        def h(x: "Row | int") -> Row | None:
            return x

        %build h(x)
        """),
    hit("irrelevant-annotation-nested-names-class", """
        class Row:
            k = <<1=>2>>

        def h(x):
            def inner(y: Row) -> Row:
                return y
            return inner(x)

        %build h(x)
        """),
    hit("irrelevant-type-alias", "from typing import Union\n\nNumber = <<int=>Union[int, float]>>\n\ndef h(x: Number) -> Number:\n    return x\n\n%build h(x)\n"),
    hit("irrelevant-future-annotations", "from __future__ import annotations\nfrom adapter import cached\nimport os\n\ndef h(x: <<int=>str>>) -> int:\n    return x\n\n%build h(x)\n"),
    hit("irrelevant-type-variable", "from typing import TypeVar\n\nT = TypeVar('T'<<=>, bound=int>>)\n\ndef h(x: T) -> T:\n    return x\n\n%build h(x)\n"),
    hit("irrelevant-type-checking-block", "from typing import TYPE_CHECKING\n\n<<=>if TYPE_CHECKING:\n    from collections.abc import Iterable\n>>\n%build x\n"),
    hit("irrelevant-overload", """
        from typing import overload

        <<=>@overload
        def h(x: int) -> int: ...
        @overload
        def h(x: str) -> str: ...
        >>def h(x):
            return x

        %build h(x)
        """),
    hit("irrelevant-unused-import", "<<=>import json\n>>%build x\n"),
    hit("irrelevant-unused-import-in-helper-module", "--- pipeline.py\nimport etl\n\n%build etl.h(x)\n--- etl.py\n<<=>import decimal\n>>def h(x):\n    return x\n"),
    hit("irrelevant-import-order", "import <<json=>math>>\nimport <<math=>json>>\n\n%build json.dumps(math.floor(x))\n"),
    either("irrelevant-import-alias", "import <<json=>json as j>>\n\n%build <<json=>j>>.dumps(x)\n"),
    either("irrelevant-import-style", "<<import json=>from json import dumps>>\n\n%build <<json.dumps=>dumps>>(x)\n"),
    hit("irrelevant-import-made-absolute", "--- pipeline.py\nfrom pack import run\n\n%build run(x)\n--- pack/__init__.py\nfrom <<.=>pack.>>etl import run\n--- pack/etl.py\ndef run(x):\n    return x\n"),
    hit("irrelevant-unused-project-import", "--- pipeline.py\n<<=>import other\n>>%build x\n--- other.py\nK = 1\n"),
    hit("irrelevant-unrelated-file", "--- pipeline.py\n%build x\n--- other.py\nK = <<1=>2>>\n"),
    hit("irrelevant-new-file", "--- pipeline.py\n%build x\n--- notes.txt after\nhello\n"),
    hit("irrelevant-dunder-all", "<<=>__all__ = ['build']\n>>%build x\n"),
    hit("irrelevant-version-constant", "__version__ = '<<1.0=>1.1>>'\n\n%build x\n"),
    hit("irrelevant-main-block", "%build x\n<<=>\nif __name__ == '__main__':\n    print(build(1))\n>>"),
    hit("irrelevant-unused-parameter-default-same", "def h(x, y=<<2=>1 + 1>>):\n    return x + y\n\n%build h(x)\n"),
    hit("irrelevant-unused-method-elsewhere", "--- pipeline.py\nfrom etl import h\n\n%build h(x)\n--- etl.py\nclass Unused:\n    def f(self):\n        return <<1=>2>>\n\ndef h(x):\n    return x\n"),
    hit("irrelevant-encoding-line", "--- pipeline.py\nimport etl\n\n%build etl.h(x)\n--- etl.py\n<<=># -*- coding: utf-8 -*-\n>>def h(x):\n    return x\n"),
    hit("irrelevant-line-endings", "--- pipeline.py\nimport etl\n\n%build etl.h(x)\n--- etl.py\ndef h(x):<<=>  >>\n    return x<<=>  >>\n"),
    hit("irrelevant-pragma", "%build x<<=>  # type: ignore  # noqa>>\n"),
    hit("irrelevant-touched", "--- pipeline.py\nimport etl\n\n%build etl.h(x)\n--- etl.py\ndef h(x):\n    return x\n", touched=("etl.py", "pipeline.py")),
]
