"""Where the project lies and how it is started: none of it counts, except what changes results."""

from staleness.case import hit, rebuild

_PACK = """
--- pipeline.py
from pack.etl import h

%build h(x)
--- pack/__init__.py
--- pack/etl.py
from .base import k

def h(x):
    return k(x)
--- pack/base.py
def k(x):
    return x * 2
"""
_DATA = """
--- pipeline.py
import pathlib

HERE = pathlib.Path(__file__).parent

@cached
def build(x):
    RAN
    return (HERE / "data.txt").read_text()
--- data.txt
<<one=>two>>
"""
_SCRIPT = """
--- pipeline.py
from etl import h

K = 2

def own(x):
    return h(x) * K

%build own(x)
%main
--- etl.py
def h(x):
    return x + <<1=>1>>
"""

CASES = [
    hit("start-renamed-project", _PACK, moved="other"),
    hit("start-moved-project-deeper", _PACK, moved="a/b/other"),
    hit("start-moved-with-data", _DATA.replace("<<one=>two>>", "one"), moved="other"),
    rebuild("start-moved-with-data-changed", _DATA, moved="other"),
    hit("start-other-folder", "--- pipeline.py\nfrom pack.etl import h\n\n%build h(x)\n--- pack/etl.py\ndef h(x):\n    return x\n", cwd_after="pack"),
    hit("start-optimised", _PACK, flags_after=("-O",)),
    hit("start-optimised-twice", _PACK, flags_after=("-OO",)),
    hit("start-optimised-docstrings", '--- pipeline.py\nfrom etl import h\n\n%build h(x)\n--- etl.py\ndef h(x):\n    """One."""\n    return x\n', flags_after=("-OO",)),
    rebuild("start-optimised-debug-read", "%build __debug__\n", flags_after=("-O",)),
    rebuild("start-optimised-assert-caught", """
        @cached
        def build(x):
            RAN
            try:
                assert x < 0
            except AssertionError:
                return 1
            return 2
        """, flags_after=("-O",)),
    hit("start-no-bytecode", _PACK, flags_after=("-B",)),
    hit("start-unbuffered", _PACK, flags_after=("-u",)),
    hit("start-warnings-shown", _PACK, flags_after=("-W", "default")),
    hit("start-warnings-shown-by-one-that-warns", """
        import warnings

        @cached
        def build(x):
            RAN
            warnings.warn("a")
            return x
        """, flags_after=("-W", "always")),
    hit("start-development-mode", _PACK, flags_after=("-X", "dev")),
    hit("start-script-then-import", _SCRIPT, start="script", start_after="import", touched=("etl.py",)),
    hit("start-import-then-script", _SCRIPT, start="import", start_after="script", touched=("etl.py",)),
    hit("start-script-then-module", _SCRIPT, start="script", start_after="module", touched=("etl.py",)),
    hit("start-import-then-module", _SCRIPT, start="import", start_after="module", touched=("etl.py",)),
    rebuild("start-script-changed", _SCRIPT.replace("<<1=>1>>", "<<1=>2>>"), start="script"),
    rebuild("start-module-changed-own-constant", _SCRIPT.replace("<<1=>1>>", "1").replace("K = 2", "K = <<2=>3>>"), start="module"),
    hit("start-script-comment", _SCRIPT.replace("<<1=>1>>", "1").replace("K = 2", "<<=># note\n>>K = 2"), start="script"),
    rebuild("start-class-of-script", """
        from dataclasses import dataclass

        @dataclass
        class P:
            a: int

            def f(self):
                return self.a + <<1=>2>>

        %build P(x).f()
        %main
        """, start="script"),
    hit("start-unrelated-variable", _PACK, env={"UNRELATED": "1"}, env_after={"UNRELATED": "2"}),
    hit("start-bytecode-kept-elsewhere", _PACK, env_after={"PYTHONPYCACHEPREFIX": "/tmp/heirloom-staleness-pyc"}),
    rebuild("start-same-second-other-size", "--- pipeline.py\nimport etl\n\n%build etl.h(x)\n--- etl.py\ndef h(x):\n    return x + <<1=>20>>\n", same_time=True),
    rebuild("start-argv-read", "import sys\n\n%build len(sys.argv[0]) > 0 and os.environ['HOW']\n", env={"HOW": "1"}, env_after={"HOW": "2"}),
]
