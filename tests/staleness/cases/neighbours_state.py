"""Cases: the interpreter's flags, its tables under names of the project's own, folders that a build adds, what is shared."""

from staleness.case import hit, rebuild

_ONE, _TWO = {"MY_D": "1"}, {"MY_D": "2"}
_MORE = {"MY_D": "1", "OTHER": "3"}
_ADDED = """
    import sys
    @cached
    def build(x):
        RAN
        folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'lib')
        if folder not in sys.path:
            sys.path.insert(0, folder)
        import thing
        return thing.f(x)
    %s
    --- lib/thing.py
    from deep import g
    def f(x): return g(x)
    --- lib/deep.py
    def g(x): return %s
    """

CASES = [
    rebuild("state-option-given", "import sys\n%build sys._xoptions.get('mine')\n", flags_after=("-X", "mine=3")),
    rebuild("state-flag-named", "import sys\n%build sys.flags.no_user_site\n", flags_after=("-s",)),
    hit("state-flag-not-named", "import sys\n%build sys.flags.optimize\n", flags_after=("-s",)),
    rebuild(
        "state-bytes-warning-is-error",
        """
        @cached
        def build(x):
            RAN
            try:
                return str(b'a')
            except BytesWarning:
                return 'refused'
        """,
        flags_after=("-bb",),
    ),
    rebuild(
        "state-digits-of-numbers",
        """
        @cached
        def build(x):
            RAN
            try:
                return len(str(10 ** 1000))
            except ValueError:
                return 'too long'
        """,
        flags_after=("-X", "int_max_str_digits=700"),
        since=(3, 11),
    ),
    rebuild(
        "state-folder-for-temporary-files",
        "import tempfile\n%build tempfile.gettempdir()\n",
        env={"TMPDIR": "/tmp"},
        env_after={"TMPDIR": "/var/tmp"},
    ),
    rebuild("state-environment-bound", "from os import environ\nget = environ.get\n%build get('MY_D')\n", env=_ONE, env_after=_TWO),
    hit("state-environment-by-name", "from os import environ\n%build environ.get('MY_D')\n", env=_ONE, env_after=_MORE),
    hit(
        "state-environment-in-chain",
        """
        import collections
        import os
        CHAIN = collections.ChainMap(os.environ, {'z': 1})
        %build CHAIN['MY_D']
        """,
        env=_ONE,
        env_after=_MORE,
    ),
    rebuild("state-environment-copied", "import os\nOLD = dict(os.environ)\n%build OLD['MY_D']\n", env=_ONE, env_after=_TWO),
    hit("state-modules-by-name", "from sys import modules, path\n%build 'os' in modules and len(path) > 0\nimport <<csv=>wave>>\n"),
    hit(
        "state-arguments-by-name-moved",
        "from sys import argv\n%build len(argv) * x\n%main\n",
        start="script",
        moved="elsewhere",
    ),
    rebuild(
        "state-arguments-under-another-name",
        "import sys\nWORDS = sys.argv\n%build len(WORDS) * x\n",
        prep="from pipeline import build; import sys",
        do="sys.argv.append('more')",
        undo="sys.argv.pop()",
    ),
    hit(
        "state-folder-added-by-build",
        _ADDED % ("def unused(): return <<1=>2>>", "x"),
    ),
    rebuild(
        "state-folder-added-by-build-edited",
        _ADDED % ("", "x * <<2=>3>>"),
    ),
    hit(
        "state-attributes-seen-unused-method",
        """
        class A:
            def __init__(self, x):
                self.x = x
            def told(self):
                return sorted(vars(self).items()), list(self.__dict__)
            def unused(self):
                return <<1=>2>>
        %build A(x).told()
        """,
    ),
    rebuild(
        "state-methods-found-by-mark",
        """
        def step(order):
            def mark(function):
                function.order = order
                return function
            return mark
        class A:
            @step(1)
            def first(self):
                return 'first'
            @step(<<2=>0>>)
            def second(self):
                return 'second'
            def run(self):
                found = [getattr(self, name) for name in dir(self)]
                return [one() for one in sorted((one for one in found if hasattr(one, 'order')), key=lambda one: one.order)]
        %build A().run()
        """,
    ),
    rebuild(
        "state-methods-found-by-name",
        """
        class A:
            def on_a(self): return <<1=>2>>
            def on_b(self): return 5
            def run(self):
                return [getattr(self, name)() for name in dir(self) if name.startswith('on_')]
        %build A().run()
        """,
    ),
    hit("state-shared-random", "import random\n%build random.Random(x)\n", call="build(3).random()", do="more = 1"),
    hit(
        "state-shared-numpy-random",
        "import numpy as np\n%build np.random.default_rng(x)\n",
        call="build(3).random()",
        do="more = 1",
    ),
    hit(
        "state-what-does-not-stand-being-looked-at",
        """
        class Shy:
            __slots__ = ('a',)
            @property
            def __dict__(self):
                raise RuntimeError('no')
            def __getattr__(self, name):
                raise RuntimeError(name)
        SHY = Shy()
        def told(one): return 'shy'
        %build told(SHY)
        def unused(): return <<1=>2>>
        """,
    ),
]
