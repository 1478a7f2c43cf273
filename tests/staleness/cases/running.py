"""Changes within one running process, between two calls."""

from typing import Any

from staleness.case import Case, hit, rebuild

_M = "import pipeline\nfrom pipeline import build"
_ETL = """
--- pipeline.py
import etl

%build etl.h(x)
--- etl.py
K = 1

def h(x):
    return x + K
"""
_CLASS = """
class M:
    k = 1

    def f(self, x):
        return x + self.k

    @property
    def p(self):
        return 1

ONE = M()
%build ONE.f(x) + ONE.p
"""


def _change(name: str, text: str, do: str, undo: str, **more: Any) -> Case:
    return rebuild(f"running-{name}", text, do=do, undo=undo, prep=_M, **more)


def _global(name: str, value: str, read: str, do: str, undo: str, imports: str = "") -> Case:
    return _change(name, f"{imports}\nK = {value}\n\n%build {read}\n", do, undo)


CASES = [
    _global("global-rebound", "1", "x + K", "pipeline.K = 2", "pipeline.K = 1"),
    _global("global-rebound-same-type-equal", "1", "(x, K)", "pipeline.K = True", "pipeline.K = 1"),
    _global("list-appended", "[1]", "sum(K) + x", "pipeline.K.append(2)", "pipeline.K.pop()"),
    _global("list-item-set", "[1, 2]", "K[1] + x", "pipeline.K[1] = 3", "pipeline.K[1] = 2"),
    _global("list-reversed", "[1, 2]", "K[0] + x", "pipeline.K.reverse()", "pipeline.K.reverse()"),
    _global("dict-item-set", "{'a': 1}", "K['a'] + x", "pipeline.K['a'] = 2", "pipeline.K['a'] = 1"),
    _global("dict-updated", "{'a': 1}", "len(K) + x", "pipeline.K.update(b=2)", "del pipeline.K['b']"),
    _global("dict-reordered", "{'a': 1, 'b': 2}", "list(K)", "pipeline.K['a'] = pipeline.K.pop('a')", "pipeline.K['b'] = pipeline.K.pop('b')"),
    _global("set-added", "{1}", "len(K) + x", "pipeline.K.add(2)", "pipeline.K.remove(2)"),
    _global("nested-deep", "{'a': [{'b': [1]}]}", "K['a'][0]['b'][0] + x", "pipeline.K['a'][0]['b'][0] = 2", "pipeline.K['a'][0]['b'][0] = 1"),
    _global("bytearray", "bytearray(b'a')", "bytes(K) * x", "pipeline.K[0] = 98", "pipeline.K[0] = 97"),
    _global("array", "array.array('i', [1])", "K[0] + x", "pipeline.K[0] = 2", "pipeline.K[0] = 1", "import array"),
    _global("deque", "deque([1])", "len(K) + x", "pipeline.K.append(2)", "pipeline.K.pop()", "from collections import deque"),
    _global("ndarray-item", "np.zeros(4)", "float(K.sum()) + x", "pipeline.K[2] = 1", "pipeline.K[2] = 0", "import numpy as np"),
    _global("ndarray-through-view", "np.zeros(4)", "float(K.sum()) + x", "pipeline.K.reshape(2, 2)[1, 1] = 1", "pipeline.K.fill(0)", "import numpy as np"),
    _global("ndarray-in-dict", "{'w': np.zeros(4)}", "float(K['w'].sum()) + x", "pipeline.K['w'] += 1", "pipeline.K['w'] -= 1", "import numpy as np"),
    _global("frame-item", "pd.DataFrame({'a': [1, 2]})", "int(K['a'].sum()) + x", "pipeline.K.loc[0, 'a'] = 9", "pipeline.K.loc[0, 'a'] = 1", "import pandas as pd"),
    _global("frame-column", "pd.DataFrame({'a': [1, 2]})", "sorted(K)", "pipeline.K['b'] = 1", "del pipeline.K['b']", "import pandas as pd"),
    _global("namespace-attribute", "SimpleNamespace(a=1)", "K.a + x", "pipeline.K.a = 2", "pipeline.K.a = 1", "from types import SimpleNamespace"),
    _global("mapping-proxy-underneath", "MappingProxyType(RAW := {'a': 1})", "K['a'] + x", "pipeline.RAW['a'] = 2", "pipeline.RAW['a'] = 1", "from types import MappingProxyType"),
    _global("decimal-context", "0", "str(decimal.Decimal(1) / x)", "pipeline.decimal.getcontext().prec = 5", "pipeline.decimal.getcontext().prec = 28", "import decimal"),
    _global("variable", "0", "os.environ.get('A', '-') * x", "import os; os.environ['A'] = '1'", "del os.environ['A']"),
    _global("working-directory", "0", "os.getcwd()", "import os; HERE = os.getcwd(); os.chdir('/')", "os.chdir(HERE)"),
    _global("random-state-of-instance", "random.Random(1)", "K.getstate()[1][1] + x", "pipeline.K.seed(2)", "pipeline.K.seed(1)", "import random"),
    _change("helper-replaced", "def h(x):\n    return x\n\n%build h(x)\n", "old = pipeline.h\npipeline.h = lambda x: -x", "pipeline.h = old"),
    _change("helper-of-module-patched", _ETL, "import etl; old = etl.h; etl.h = lambda x: -x", "etl.h = old"),
    _change("global-of-module-patched", _ETL, "import etl; etl.K = 2", "etl.K = 1"),
    _change("mock-patch", _ETL, "from unittest import mock; p = mock.patch('etl.K', 7); p.start()", "p.stop()"),
    _change("code-replaced", _ETL, "import etl; old = etl.h.__code__; etl.h.__code__ = (lambda x: -x).__code__", "etl.h.__code__ = old"),
    _change("defaults-replaced", "def h(x, k=1):\n    return x + k\n\n%build h(x)\n", "pipeline.h.__defaults__ = (2,)", "pipeline.h.__defaults__ = (1,)"),
    _change("keyword-defaults-changed", "def h(x, *, k=1):\n    return x + k\n\n%build h(x)\n", "pipeline.h.__kwdefaults__['k'] = 2", "pipeline.h.__kwdefaults__['k'] = 1"),
    _change("default-mutated", "def h(x, k=[1]):\n    return x + k[0]\n\n%build h(x)\n", "pipeline.h.__defaults__[0][0] = 2", "pipeline.h.__defaults__[0][0] = 1"),
    _change("cell-changed", "def make():\n    k = 1\n    def h(x):\n        return x + k\n    return h\n\nh = make()\n%build h(x)\n", "pipeline.h.__closure__[0].cell_contents = 2", "pipeline.h.__closure__[0].cell_contents = 1"),
    _change("cell-changed-by-setter", """
        def make():
            k = 1
            def h(x):
                return x + k
            def set_k(v):
                nonlocal k
                k = v
            return h, set_k

        h, set_k = make()
        %build h(x)
        """, "pipeline.set_k(2)", "pipeline.set_k(1)"),
    _change("class-attribute-set", _CLASS, "pipeline.M.k = 2", "pipeline.M.k = 1"),
    _change("instance-attribute-set", _CLASS, "pipeline.ONE.k = 2", "del pipeline.ONE.k"),
    _change("method-patched", _CLASS, "old = pipeline.M.f; pipeline.M.f = lambda self, x: -x", "pipeline.M.f = old"),
    _change("method-code-replaced", _CLASS, "old = pipeline.M.f.__code__; pipeline.M.f.__code__ = (lambda self, x: -x).__code__", "pipeline.M.f.__code__ = old"),
    _change("property-patched", _CLASS, "old = pipeline.M.p; pipeline.M.p = property(lambda self: 9)", "pipeline.M.p = old"),
    _change("class-of-instance-set", _CLASS, "N = type('N', (pipeline.M,), {'k': 5}); pipeline.ONE.__class__ = N", "pipeline.ONE.__class__ = pipeline.M"),
    _change("base-attribute-set", "class B:\n    k = 1\n\nclass M(B):\n    pass\n\n%build M.k + x\n", "pipeline.B.k = 2", "pipeline.B.k = 1"),
    _change("base-gains-method", "class B:\n    pass\n\nclass M(B):\n    pass\n\n%build hasattr(M, 'g')\n", "pipeline.B.g = 1", "del pipeline.B.g"),
    _change("metaclass-attribute-set", "class T(type):\n    k = 1\n\nclass M(metaclass=T):\n    pass\n\n%build M.k + x\n", "pipeline.T.k = 2", "pipeline.T.k = 1"),
    _change("slot-set", "class P:\n    __slots__ = ('a',)\n\nONE = P()\nONE.a = 1\n%build ONE.a + x\n", "pipeline.ONE.a = 2", "pipeline.ONE.a = 1"),
    _change("instance-list-appended", "class P:\n    def __init__(self):\n        self.a = [1]\n\nONE = P()\n%build len(ONE.a) + x\n", "pipeline.ONE.a.append(2)", "pipeline.ONE.a.pop()"),
    _change("function-attribute-set", "def h(x):\n    return x + h.k\n\nh.k = 1\n%build h(x)\n", "pipeline.h.k = 2", "pipeline.h.k = 1"),
    _change("partial-keyword-changed", "import functools\n\ndef g(x, k):\n    return x + k\n\nh = functools.partial(g, k=1)\n%build h(x)\n", "pipeline.h.keywords['k'] = 2", "pipeline.h.keywords['k'] = 1"),
    _change("dispatch-registered", """
        import functools

        @functools.singledispatch
        def h(x):
            return 0

        %build h(x)
        """, "pipeline.h.register(int, lambda x: x)", "pipeline.h.register(int, pipeline.h.dispatch(object))", forgets=True),
    _change("registry-gains-entry", "TABLE = {}\n\n%build sorted(TABLE)\n", "pipeline.TABLE['a'] = lambda: 1", "pipeline.TABLE.clear()"),
    _change("builtin-shadowed", "%build len([1]) + x\n", "pipeline.len = lambda v: 9", "del pipeline.len"),
    _change("global-deleted", "K = 1\n\n%build 'K' in globals()\n", "del pipeline.K", "pipeline.K = 1"),
    _change("global-appears-for-name", """
        @cached
        def build(x):
            RAN
            try:
                return EXTRA
            except NameError:
                return 0
        """, "pipeline.EXTRA = 1", "del pipeline.EXTRA"),
    _change("wrapped-patched", """
        import functools

        def same(f):
            @functools.wraps(f)
            def inner(*a):
                return inner.__wrapped__(*a)
            return inner

        @same
        def h(x):
            return x

        %build h(x)
        """, "old = pipeline.h.__wrapped__; pipeline.h.__wrapped__ = lambda x: -x", "pipeline.h.__wrapped__ = old"),
    _change("enum-attribute-set", "import enum\n\nclass K(enum.Enum):\n    A = 1\n\nK.A.extra = 1\n%build K.A.extra + x\n", "pipeline.K.A.extra = 2", "pipeline.K.A.extra = 1"),
    _change("reload-edited", _ETL, "write('etl.py', 'K = 2\\n\\ndef h(x):\\n    return x + K\\n'); import etl, importlib; importlib.reload(etl)",
            "write('etl.py', 'K = 1\\n\\ndef h(x):\\n    return x + K\\n'); importlib.reload(etl)"),
    _change("notebook-helper-redefined", "def h(x):\n    return x\n\n%build h(x)\n",
            "exec('def h(x):\\n    return x + 1\\n', vars(pipeline))", "exec('def h(x):\\n    return x\\n', vars(pipeline))"),
    rebuild("running-notebook-session", "K = 1\n", prep="""
import os
from adapter import cached
def h(x):
    return x
@cached
def build(x):
    os.write(198, b"B")
    return h(x)
""", do="def h(x):\n    return -x\n", undo="def h(x):\n    return x\n"),
    rebuild("running-notebook-builder-redefined", "K = 1\n", prep="""
import os
from adapter import cached
@cached
def build(x):
    os.write(198, b"B")
    return x
""", do='@cached\ndef build(x):\n    os.write(198, b"B")\n    return -x\n', undo='@cached\ndef build(x):\n    os.write(198, b"B")\n    return x\n'),
    _change("file-edited", "--- pipeline.py\n%build open('data.txt').read()\n--- data.txt\none\n", "write('data.txt', 'two\\n')", "write('data.txt', 'one\\n')"),
    _change("file-appears", "--- pipeline.py\n%build os.path.exists('data.txt')\n", "write('data.txt', 'two\\n')", "import os; os.unlink('data.txt')"),
    _change("argument-function-patched", """
        def k(x):
            return x

        def f(x):
            return k(x)

        @cached
        def build(f):
            RAN
            return f(3)
        """, "old = pipeline.k; pipeline.k = lambda x: -x", "pipeline.k = old", call="build(pipeline.f)"),
    _change("getattr-reached-patched", "--- pipeline.py\nimport etl\n\n%build getattr(etl, 'step_' + str(x))(x)\n--- etl.py\ndef step_3(x):\n    return x\n",
            "import etl; old = etl.step_3; etl.step_3 = lambda x: -x", "etl.step_3 = old"),
    hit("running-reload-unedited", _ETL, prep=_M, do="import etl, importlib; importlib.reload(etl)", undo="importlib.reload(etl)"),
    hit("running-reload-comment", _ETL, prep=_M, do="write('etl.py', '# a comment\\nK = 1\\n\\ndef h(x):\\n    return x + K\\n'); import etl, importlib; importlib.reload(etl)", undo="pass"),
    hit("running-helper-redefined-same", "def h(x):\n    return x\n\n%build h(x)\n", prep=_M, do="exec('def h(x):\\n    return x\\n', vars(pipeline))", undo="pass"),
    hit("running-unused-global-set", "K = 1\n\n%build x\n", prep=_M, do="pipeline.K = 2", undo="pipeline.K = 1"),
    hit("running-unused-method-patched", _CLASS + "\nclass Other:\n    pass\n", prep=_M, do="pipeline.Other.f = 1", undo="pass"),
    hit("running-equal-value-rebound", "K = [1, {'a': 2}]\n\n%build K[1]['a'] + x\n", prep=_M, do="pipeline.K = [1, {'a': 2}]", undo="pass"),
    hit("running-changed-and-back", "K = [1]\n\n%build K[0] + x\n", prep=_M, do="pipeline.K.append(2); pipeline.K.pop()", undo="pass"),
    hit("running-other-calls-between", "def h(x):\n    return x\n\n%build h(x)\n", prep=_M, do="[build(i) for i in range(50)]", undo="pass"),
]
