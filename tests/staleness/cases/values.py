"""Values that stand beside the code: globals, constants, containers, and what they are computed from."""

from staleness.case import hit, rebuild

CASES = [
    rebuild("value-global", "K = <<1=>2>>\n\n%build x + K\n"),
    rebuild("value-global-of-helper", "--- pipeline.py\nfrom etl import h\n\n%build h(x)\n--- etl.py\nK = <<1=>2>>\n\ndef h(x):\n    return x + K\n"),
    rebuild("value-int-to-float", "K = <<1=>1.0>>\n\n%build (K, x)\n"),
    rebuild("value-string-to-bytes", "K = <<'a'=>b'a'>>\n\n%build (K, x)\n"),
    rebuild("value-list-order", "K = [<<1, 2=>2, 1>>]\n\n%build K[0] + x\n"),
    rebuild("value-list-to-tuple", "K = <<[1, 2]=>(1, 2)>>\n\n%build (K, x)\n"),
    rebuild("value-dict-order", "K = {<<'a': 1, 'b': 2=>'b': 2, 'a': 1>>}\n\n%build list(K)\n"),
    rebuild("value-nested", "K = {'a': [{'b': (1, {2, 3}, frozenset({<<4=>5>>}))}]}\n\n%build sorted(K['a'][0]['b'][2]) + [x]\n"),
    rebuild("value-set-member", "K = {'a', 'b', '<<c=>d>>'}\n\n%build sorted(K)\n"),
    rebuild("value-ordered-dict", "from collections import OrderedDict\n\nK = OrderedDict([<<('a', 1), ('b', 2)=>('b', 2), ('a', 1)>>])\n%build list(K)\n"),
    rebuild("value-defaultdict-factory", "from collections import defaultdict\n\nK = defaultdict(<<int=>list>>)\n%build K.default_factory()\n"),
    rebuild("value-counter", "from collections import Counter\n\nK = Counter('aab<<=>b>>')\n%build K['b'] + x\n"),
    rebuild("value-deque-maxlen", "from collections import deque\n\nK = deque([1, 2, 3], maxlen=<<3=>2>>)\n%build list(K) + [x]\n"),
    rebuild("value-bytearray", "K = bytearray(b'<<a=>b>>')\n\n%build bytes(K) * x\n"),
    rebuild("value-memoryview", "K = memoryview(b'<<a=>b>>')\n\n%build bytes(K) * x\n"),
    rebuild("value-array", "import array\n\nK = array.array('i', [1, <<2=>3>>])\n%build K[1] + x\n"),
    rebuild("value-range", "K = range(<<2=>3>>)\n\n%build len(K) + x\n"),
    rebuild("value-slice", "K = slice(<<1=>2>>, None)\n\n%build [1, 2, 3][K]\n"),
    rebuild("value-regex-pattern", "import re\n\nK = re.compile('<<a=>b>>')\n%build bool(K.match('a'))\n"),
    rebuild("value-regex-flags", "import re\n\nK = re.compile('a'<<=>, re.I>>)\n%build bool(K.match('A'))\n"),
    rebuild("value-decimal", "from decimal import Decimal\n\nK = Decimal('<<1.0=>1.00>>')\n%build str(K) * x\n"),
    rebuild("value-fraction", "from fractions import Fraction\n\nK = Fraction(1, <<2=>3>>)\n%build K.denominator + x\n"),
    rebuild("value-date", "import datetime\n\nK = datetime.date(2020, 1, <<1=>2>>)\n%build K.day + x\n"),
    rebuild("value-timezone-aware", """
        import datetime

        K = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone(datetime.timedelta(hours=<<1=>2>>)))
        %build K.isoformat() * x
        """),
    rebuild("value-path", "from pathlib import PurePosixPath\n\nK = PurePosixPath('/a/<<b=>c>>')\n%build K.name * x\n"),
    rebuild("value-uuid", "import uuid\n\nK = uuid.UUID(int=<<1=>2>>)\n%build K.int + x\n"),
    rebuild("value-simple-namespace", "from types import SimpleNamespace\n\nK = SimpleNamespace(a=<<1=>2>>)\n%build K.a + x\n"),
    rebuild("value-mapping-proxy", "from types import MappingProxyType\n\nK = MappingProxyType({'a': <<1=>2>>})\n%build K['a'] + x\n"),
    rebuild("value-chain-map", "from collections import ChainMap\n\nK = ChainMap({<<=>'a': 5>>}, {'a': 1})\n%build K['a'] + x\n"),
    rebuild("value-string-template", "import string\n\nK = string.Template('$a<<=>!>>')\n%build K.substitute(a=x)\n"),
    rebuild("value-struct", "import struct\n\nK = struct.Struct('<<i=>q>>')\n%build K.size + x\n"),
    rebuild("value-context-variable", "import contextvars\n\nK = contextvars.ContextVar('K', default=<<1=>2>>)\n%build K.get() + x\n"),
    rebuild("value-type-as-value", "K = <<int=>str>>\n\n%build K(x)\n"),
    rebuild("value-builtin-as-value", "K = <<min=>max>>\n\n%build K(x, 1)\n"),
    rebuild("value-recursive-list", "K = [<<1=>2>>]\nK.append(K)\n\n%build K[1][0] + x\n"),
    rebuild("value-shared-member", "A = [1]\nK = [A, <<A=>[1]>>]\n\n@cached\ndef build(x):\n    RAN\n    return K[0] is K[1]\n"),
    rebuild("value-numpy-array", "import numpy as np\n\nK = np.array([1, <<2=>3>>])\n%build int(K[1]) + x\n"),
    rebuild("value-numpy-dtype", "import numpy as np\n\nK = np.array([1, 2], dtype='<<int32=>int64>>')\n%build K.dtype.name * x\n"),
    rebuild("value-numpy-object-array", "import numpy as np\n\nK = np.array([1, {'a': <<2=>3>>}], dtype=object)\n%build K[1]['a'] + x\n"),
    rebuild("value-numpy-masked", "import numpy as np\n\nK = np.ma.array([1, 2], mask=[0, <<0=>1>>])\n%build int(K.sum()) + x\n"),
    rebuild("value-numpy-dtype-constant", "import numpy as np\n\nK = np.dtype('<<f4=>f8>>')\n%build np.zeros(x, K).nbytes\n"),
    rebuild("value-numpy-ufunc", "import numpy as np\n\nK = np.<<add=>multiply>>\n%build int(K(x, 2))\n"),
    rebuild("value-pandas-frame", "import pandas as pd\n\nK = pd.DataFrame({'a': [1, <<2=>3>>]})\n%build int(K['a'].sum()) + x\n"),
    rebuild("value-pandas-column-name", "import pandas as pd\n\nK = pd.DataFrame({'<<a=>b>>': [1]})\n%build list(K)\n"),
    rebuild("value-pandas-index", "import pandas as pd\n\nK = pd.Series([1, 2], index=['a', '<<b=>c>>'])\n%build list(K.index)\n"),
    rebuild("value-computed-from-other-module", """
        --- pipeline.py
        import base
        K = base.f() + 1

        %build x + K
        --- base.py
        def f():
            return <<1=>2>>
        """),
    rebuild("value-computed-from-file-at-import", """
        --- pipeline.py
        import json
        import pathlib
        K = json.loads((pathlib.Path(__file__).parent / "settings.json").read_text())["k"]

        %build x + K
        --- settings.json
        {"k": <<1=>2>>}
        """),
    rebuild("value-computed-from-variable-at-import", "K = int(os.environ['LIMIT'])\n\n%build x + K\n", env={"LIMIT": "1"}, env_after={"LIMIT": "2"}),
    rebuild("value-computed-by-loop", "K = {}\nfor i in range(<<3=>4>>):\n    K[i] = i * i\n\n%build len(K) + x\n"),
    rebuild("value-augmented-elsewhere", """
        --- pipeline.py
        import base
        import plugin

        %build base.TABLE.get("a", 0) + x
        --- base.py
        TABLE = {}
        --- plugin.py
        import base
        base.TABLE["a"] = <<1=>2>>
        """),
    rebuild("value-set-on-other-module", """
        --- pipeline.py
        import base
        import patch

        %build base.K + x
        --- base.py
        K = 1
        --- patch.py
        import base
        base.K = <<2=>3>>
        """),
    rebuild("value-through-globals", "K = <<1=>2>>\n\n%build globals()['K'] + x\n"),
    rebuild("value-written-by-global-statement", """
        K = None

        def load():
            global K
            K = <<1=>2>>

        load()
        %build K + x
        """),
    rebuild("value-lazily-set-global", """
        K = None

        def k():
            global K
            if K is None:
                K = <<1=>2>>
            return K

        %build k() + x
        """),
    rebuild("value-dunder-file-name", "--- pipeline.py\nimport <<one=>two>> as m\n\n%build m.__name__ * x\n--- one.py\n--- two.py\n"),
    rebuild("value-module-dunder-all", "--- pipeline.py\nimport etl\n\n%build len(etl.__all__) + x\n--- etl.py\n__all__ = ['a'<<=>, 'b'>>]\na = b = 1\n"),
    rebuild("value-docstring-read", 'def h():\n    """<<One=>Two>>"""\n\n%build h.__doc__ * x\n'),
    rebuild("value-annotations-read", "def h(x: <<int=>str>>):\n    return x\n\n%build h.__annotations__['x'].__name__ * x\n"),
    rebuild("value-function-attribute", "def h(x):\n    return x + h.k\n\nh.k = <<1=>2>>\n%build h(x)\n"),
    rebuild("value-function-name-read", "def <<a=>b>>(x):\n    return x\n\nh = <<a=>b>>\n%build h.__name__ * x\n"),
    rebuild("value-signature-read", "import inspect\n\ndef h(a, b<<=>, c>>):\n    return a\n\n%build len(inspect.signature(h).parameters) + x\n"),
    rebuild("value-source-read", "import inspect\n\ndef h():\n    return 1  # <<one=>two>>\n\n%build inspect.getsource(h)\n"),
    rebuild("value-large-table", "K = [i for i in range(5000)]\nK[<<4000=>4001>>] = -1\n\n%build K.index(-1) + x\n"),
    rebuild("value-deep-table", "K = <<1=>2>>\nfor _ in range(60):\n    K = [K]\n\n@cached\ndef build(x):\n    RAN\n    k = K\n    while isinstance(k, list):\n        k = k[0]\n    return k + x\n"),
    hit("value-unused-global", "K = 1\nUNUSED = <<1=>2>>\n\n%build x + K\n"),
    hit("value-unused-global-in-other-module", "--- pipeline.py\nimport etl\n\n%build x + etl.K\n--- etl.py\nK = 1\nUNUSED = <<1=>2>>\n"),
    hit("value-written-otherwise", "K = <<60 * 60=>3600>>\n\n%build x + K\n"),
    hit("value-set-written-in-other-order", "K = {<<'a', 'b'=>'b', 'a'>>}\n\n%build len(K) + x\n"),
    hit("value-hash-seed", "K = {'a', 'b', 'c', 'dd', 'eee'}\nF = frozenset({'x', 'y', 'z'})\n\n%build len(K) + len(F) + x + <<0=>0x0>>\n"),
    hit("value-object-without-repr", "class P:\n    def __init__(self):\n        self.a = 1\n\nP1 = P()\n# <<a=>b>>\n%build P1.a + x\n"),
    hit("value-lock-and-logger", """
        import logging
        import threading

        LOCK = threading.Lock()
        LOG = logging.getLogger(__name__)

        @cached
        def build(x):
            RAN
            with LOCK:
                LOG.debug("built")
            return x
        # <<a=>b>>
        """),
    hit("value-cache-of-the-project", """
        SEEN = {}

        def h(x):
            if x not in SEEN:
                SEEN[x] = x * 2
            return SEEN[x]

        %build h(x)
        # <<a=>b>>
        """),
    hit("value-counter-of-the-project", """
        CALLS = 0

        def h(x):
            global CALLS
            CALLS += 1
            return x

        %build h(x)
        # <<a=>b>>
        """),
    hit("value-lru-cached-helper-warm", """
        import functools

        @functools.lru_cache
        def h(x):
            return x * 2

        %build h(x)
        # <<a=>b>>
        """),
    hit("value-time-of-import", "import time\n\nSTARTED = time.time()\n# <<a=>b>>\n%build x\n"),
]
