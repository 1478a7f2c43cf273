"""What a builder touches while it runs."""

from typing import Any

from staleness.case import Case, either, hit, rebuild

_FILE = "--- pipeline.py\n{imports}\n%build {read}\n--- data.txt\n<<one=>two>>\n"

_STRIPPED = """
--- pipeline.py
@cached
def load(path):
    return open(path).read().strip()

%build load("data.txt") * x
--- data.txt
one<<=>  >>
"""


def _reads(name: str, read: str, imports: str = "", **more: Any) -> Case:
    return rebuild(f"input-{name}", _FILE.format(imports=imports, read=read), **more)


CASES = [
    _reads("open", "open('data.txt').read()"),
    _reads("open-binary", "open('data.txt', 'rb').read()"),
    _reads("open-descriptor", "os.read(os.open('data.txt', os.O_RDONLY), 9)"),
    _reads("pathlib", "pathlib.Path('data.txt').read_bytes()", "import pathlib"),
    _reads("io-open", "io.open('data.txt').readline()", "import io"),
    _reads("fileinput", "list(fileinput.input('data.txt'))", "import fileinput"),
    _reads("linecache", "linecache.getline('data.txt', 1)", "import linecache"),
    _reads("mmap", "bytes(mmap.mmap(os.open('data.txt', os.O_RDONLY), 0, prot=mmap.PROT_READ))", "import mmap"),
    _reads("numpy", "np.loadtxt('data.txt', dtype=str).item()", "import numpy as np"),
    _reads("numpy-fromfile", "np.fromfile('data.txt', dtype='u1').tolist()", "import numpy as np"),
    _reads("pandas-csv", "pd.read_csv('data.txt', header=None).iloc[0, 0]", "import pandas as pd"),
    _reads("pyarrow-csv", "pyarrow.csv.read_csv('data.txt').column_names", "import pyarrow.csv"),
    _reads("copy", "(shutil.copy('data.txt', os.environ['TMPDIR'] + '/copy.txt'), open(os.environ['TMPDIR'] + '/copy.txt').read())[1]", "import shutil", forgets=True),
    _reads("subprocess", "subprocess.run(['cat', 'data.txt'], capture_output=True, text=True).stdout", "import subprocess"),
    _reads("os-system-redirect", "(os.system('cat data.txt > \"$TMPDIR/out.txt\"'), open(os.environ['TMPDIR'] + '/out.txt').read())[1]", forgets=True),
    _reads("thread", "ThreadPoolExecutor(1).submit(lambda: open('data.txt').read()).result()", "from concurrent.futures import ThreadPoolExecutor"),
    _reads("importlib-resources-sibling", "(pathlib.Path(__file__).with_name('data.txt')).read_text()", "import pathlib"),
    _reads("configparser", "configparser.ConfigParser(allow_no_value=True).read_string('[s]\\n' + open('data.txt').read()) or open('data.txt').read()", "import configparser"),
    _reads("chdir", "(os.chdir('.'), open('data.txt').read())[1]"),
    _reads("stat-size-after-read", "open('data.txt').read() * os.path.exists('data.txt')"),
    _reads("helper-generator", "''.join(lines())", "def lines():\n    with open('data.txt') as file:\n        yield from file\n"),
    rebuild("input-size-only", "--- pipeline.py\n%build os.path.getsize('data.txt')\n--- data.txt\n<<one=>three>>\n"),
    rebuild("input-symlinked-name", "--- pipeline.py\n%build open(open('which.txt').read().strip()).read()\n--- which.txt\n<<a.txt=>b.txt>>\n--- a.txt\none\n--- b.txt\ntwo\n"),
    rebuild("input-listdir-new", "--- pipeline.py\n%build sorted(os.listdir('d'))\n--- d/a\n--- d/b after\n"),
    rebuild("input-listdir-gone", "--- pipeline.py\n%build sorted(os.listdir('d'))\n--- d/a\n--- d/b before\n"),
    rebuild("input-scandir", "--- pipeline.py\n%build sorted(e.name for e in os.scandir('d'))\n--- d/a\n--- d/b after\n"),
    rebuild("input-walk-deep", "--- pipeline.py\n%build sum(len(f) for _, _, f in os.walk('d'))\n--- d/e/f/a\n--- d/e/f/b after\n"),
    rebuild("input-glob", "--- pipeline.py\nimport glob\n\n%build sorted(glob.glob('d/*.csv'))\n--- d/a.csv\n--- d/b.csv after\n"),
    rebuild("input-rglob", "--- pipeline.py\nimport pathlib\n\n%build sorted(p.name for p in pathlib.Path('d').rglob('*.csv'))\n--- d/a.csv\n--- d/e/b.csv after\n"),
    rebuild("input-exists-then-appears", "--- pipeline.py\n%build os.path.exists('extra')\n--- extra after\n"),
    rebuild("input-pathlib-exists", "--- pipeline.py\nimport pathlib\n\n%build pathlib.Path('extra').exists()\n--- extra after\n"),
    rebuild("input-isfile-gone", "--- pipeline.py\n%build os.path.isfile('extra')\n--- extra before\n"),
    rebuild("input-missing-caught", """
        --- pipeline.py
        @cached
        def build(x):
            RAN
            try:
                return open("extra").read()
            except FileNotFoundError:
                return ""
        --- extra after
        one
        """),
    rebuild("input-first-of-places", """
        --- pipeline.py
        @cached
        def build(x):
            RAN
            for place in ("local.txt", "global.txt"):
                if os.path.exists(place):
                    return open(place).read()
        --- local.txt after
        two
        --- global.txt
        one
        """),
    rebuild("input-variable", "%build os.environ['A']\n", env={"A": "1"}, env_after={"A": "2"}),
    rebuild("input-variable-getenv-appears", "%build os.getenv('A', '-')\n", env={}, env_after={"A": "2"}),
    rebuild("input-variable-in", "%build 'A' in os.environ\n", env={}, env_after={"A": "2"}),
    rebuild("input-variable-expandvars", "%build os.path.expandvars('$A')\n", env={"A": "1"}, env_after={"A": "2"}),
    rebuild("input-variable-in-subprocess", "import subprocess\n\n%build subprocess.run('echo $A', shell=True, capture_output=True, text=True).stdout\n", env={"A": "1"}, env_after={"A": "2"}),
    rebuild("input-variable-read-by-helper-module", "--- pipeline.py\nimport settings\n\n%build settings.get('A')\n--- settings.py\nimport os\n\ndef get(name):\n    return os.environ.get(name)\n", env={"A": "1"}, env_after={"A": "2"}),
    rebuild("input-sqlite", """
        --- pipeline.py
        import sqlite3

        def fill():
            with sqlite3.connect("d.db") as base:
                base.execute("create table if not exists t (v)")
                if base.execute("select v from t").fetchone() == (open("v.txt").read(),):
                    return
                base.execute("delete from t")
                base.execute("insert into t values (?)", [open("v.txt").read()])

        @cached
        def build(x):
            RAN
            return sqlite3.connect("d.db").execute("select v from t").fetchone()[0]
        --- v.txt
        <<one=>two>>
        """, prep="from pipeline import build, fill\nfill()", forgets=True),
    rebuild("input-nested-cached-file", """
        --- pipeline.py
        @cached
        def load(path):
            return open(path).read()

        %build load("data.txt") * x
        --- data.txt
        <<one=>two>>
        """),
    rebuild("input-nested-cached-file-inner-warm", """
        --- pipeline.py
        @cached
        def load(path):
            return open(path).read()

        %build load("data.txt") * x
        --- data.txt
        <<one=>two>>
        """, prep="from pipeline import build, load\nload('data.txt')"),
    either("input-nested-early-cut-off-outer-first", _STRIPPED),
    hit("input-nested-early-cut-off", _STRIPPED, prep="from pipeline import build, load\nload('data.txt')"),
    hit("input-touched", _FILE.format(imports="", read="open('data.txt').read()").replace("<<one=>two>>", "one"), touched=("data.txt",)),
    hit("input-other-file", "--- pipeline.py\n%build open('data.txt').read()\n--- data.txt\none\n--- other.txt\n<<one=>two>>\n"),
    hit("input-glob-other-ending", "--- pipeline.py\nimport glob\n\n%build sorted(glob.glob('d/*.csv'))\n--- d/a.csv\n--- d/b.txt after\n"),
    hit("input-listed-not-read", "--- pipeline.py\n%build sorted(os.listdir('d'))\n--- d/a\n<<one=>two>>\n"),
    hit("input-written-by-build", "--- pipeline.py\n@cached\ndef build(x):\n    RAN\n    open(os.environ['TMPDIR'] + '/out.txt', 'a').write('x')\n    return x\n# <<a=>b>>\n"),
    hit("input-temporary-file", """
        import tempfile

        @cached
        def build(x):
            RAN
            with tempfile.NamedTemporaryFile("w+") as file:
                file.write("one")
                file.seek(0)
                return file.read()
        # <<a=>b>>
        """),
    hit("input-other-variable", "%build os.environ.get('A')\n", env={"A": "1", "B": "1"}, env_after={"A": "1", "B": "2"}),
    hit("input-log-file", """
        import logging

        logging.basicConfig(filename=os.environ["TMPDIR"] + "/log.txt", level="INFO")

        @cached
        def build(x):
            RAN
            logging.info("built")
            return x
        # <<a=>b>>
        """),
    rebuild("input-decimal-context", "import decimal\n\ndecimal.getcontext().prec = <<5=>9>>\n%build str(decimal.Decimal(1) / x)\n"),
    rebuild("input-time-zone", "import time\n\n%build time.strftime('%H', time.localtime(0))\n", env={"TZ": "UTC"}, env_after={"TZ": "Asia/Tokyo"}),
    rebuild("input-time-zone-datetime", "import datetime\n\n%build datetime.datetime.fromtimestamp(0).hour\n", env={"TZ": "UTC"}, env_after={"TZ": "Asia/Tokyo"}),

    rebuild("input-working-directory", "--- pipeline.py\n%build os.path.basename(os.getcwd())\n--- sub/a\n", cwd_after="sub"),
    rebuild("input-recursion-limit-setting", "import sys\n\nsys.setrecursionlimit(<<2000=>3000>>)\n%build sys.getrecursionlimit()\n"),
    rebuild("input-random-seed-constant", "import random\n\n@cached\ndef build(x):\n    RAN\n    return random.Random(<<1=>2>>).random()\n"),
    rebuild("input-warnings-as-errors", """
        import warnings

        warnings.simplefilter("<<ignore=>error>>")

        @cached
        def build(x):
            RAN
            try:
                warnings.warn("a")
            except UserWarning:
                return 1
            return 2
        """),
]
