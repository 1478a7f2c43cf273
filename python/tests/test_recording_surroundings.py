"""Variables, arguments, threads, children, libraries, the network: what surrounds a builder is recorded, or it is said."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from recording_cases import Case, edit, process, run, write

DATA = edit("data.txt", "one TWO three")
READ = "(HERE / 'data.txt').read_text()"


def _library(value: int):  # type: ignore[no-untyped-def]
    def make(root: Path) -> None:
        source = f"int run(int x) {{ return x + {value}; }}"
        (root / "libcalc.so").unlink(missing_ok=True)
        command = ["gcc", "-shared", "-fPIC", "-x", "c", "-", "-o", str(root / "libcalc.so")]
        subprocess.run(command, input=source.encode(), check=True)

    return make


def _distribution(name: str, version: str, *, gone: str | None = None):  # type: ignore[no-untyped-def]
    def make(root: Path) -> None:
        if gone is not None:
            shutil.rmtree(root / "site" / f"{name}-{gone}.dist-info")
        folder = root / "site" / f"{name}-{version}.dist-info"
        folder.mkdir(parents=True)
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")

    return make


VERSION = "sys.path.insert(0, str(HERE / 'site'))\nimport importlib.metadata as m\nreturn m.version('minipkg')"

CASES = [
    Case("os.environ.get in a helper", True, "return conf.rate()", files={"conf.py": "import os\n\ndef rate():\n"
         "    return os.environ.get('RATE', '1')\n"}, env={"RATE": "3"}, env_after={"RATE": "4"}, head="import conf"),
    Case("a variable is taken away", True, "return os.getenv('RATE')", env={"RATE": "3"}, env_after={}),
    Case("a variable by bytes", True, "return os.environb.get(b'RATE')", env={"RATE": "3"}, env_after={"RATE": "4"}),
    Case("getenv, taken by its name at the top", True, "return getenv('RATE')", env={"RATE": "3"}, env_after={"RATE": "4"},
         head="from os import getenv"),
    Case("in os.environ", True, "return 'RATE' in os.environ", env_after={"RATE": "4"}),
    Case("another variable", False, "return os.environ.get('RATE')", env={"RATE": "3"}, env_after={"RATE": "3", "OTHER": "x"}),
    Case("expandvars", True, "return os.path.expandvars('$RATE')", env={"RATE": "3"}, env_after={"RATE": "4"}),
    Case("expanduser", True, "return os.path.expanduser('~')", env={"HOME": "/a"}, env_after={"HOME": "/b"}),
    Case("all variables of a prefix", True, "return sorted(k for k in os.environ if k.startswith('APP_'))",
         env={"APP_A": "1"}, env_after={"APP_A": "1", "APP_B": "1"}),
    Case("a copy of all variables", True, "return os.environ.copy().get('RATE')", env={"RATE": "3"}, env_after={"RATE": "4"}),
    Case("a copy of all variables, in another shell", False, "return os.environ.copy().get('RATE')", env={"SHLVL": "1", "PWD": "/"},
         env_after={"SHLVL": "2", "PWD": "/tmp"}),
    Case("a variable that the body set itself", False, "os.environ['RATE'] = '9'\nreturn os.environ['RATE']",
         env={"RATE": "3"}, env_after={"RATE": "4"}),
    Case("an absolute path in a variable", True, "return pathlib.Path(os.environ['DATA'], 'a').read_text()", edit("d/a", "2"),
         {"d/a": "1"}, env={"DATA": "{root}/d"}),
    Case("the time zone", True, "import time\nreturn time.strftime('%H:%M', time.localtime(x))", env={"TZ": "UTC"},
         env_after={"TZ": "Asia/Tokyo"}),
    Case("the time zone in a helper", True, "return conf.at(x)", files={"conf.py": "import datetime\n\ndef at(x):\n"
         "    return str(datetime.datetime.fromtimestamp(x))\n"}, env={"TZ": "UTC"}, env_after={"TZ": "Asia/Tokyo"}, head="import conf"),
    Case("the time zone, and nobody asks", False, "return x", env={"TZ": "UTC"}, env_after={"TZ": "Asia/Tokyo"}),
    Case("the locale by its variables", True, "import locale\nlocale.setlocale(locale.LC_ALL, '')\nreturn locale.setlocale(locale.LC_ALL)",
         env={"LC_ALL": "C"}, env_after={"LC_ALL": "C.UTF-8"}),
    Case("sys.argv", True, "return '--fast' in sys.argv", argv_after=("--fast",)),
    Case("sys.argv in a parser", True, "import argparse\np = argparse.ArgumentParser()\np.add_argument('--n', default='1')\n"
         "return p.parse_args().n", argv=("--n", "2"), argv_after=("--n", "3")),
    Case("sys.argv, and nobody asks", False, "return x", argv=("a",), argv_after=("b",)),
    Case("getcwd", True, "return os.getcwd()[-1]", files={"d1/x": "", "d2/x": ""}, cwd="d1", cwd_after="d2"),
    Case("abspath of a relative path", True, "return open(os.path.abspath('data.txt')).read()",
         files={"d1/data.txt": "A", "d2/data.txt": "B"}, cwd="d1", cwd_after="d2"),
    Case("getcwd in a project that was moved", False, "return len(os.listdir(os.path.join(os.getcwd(), 'in')))",
         files={"in/a": ""}, moved="elsewhere"),
    Case("a thread", True, f"import threading\nout = []\nt = threading.Thread(target=lambda: out.append({READ}))\nt.start(); t.join()\n"
         "return out", DATA),
    Case("a thread that is a subclass", True, f"import threading\nclass T(threading.Thread):\n    def run(self): self.out = {READ}\n"
         "t = T(); t.start(); t.join()\nreturn t.out", DATA),
    Case("a pool of threads", True, f"from concurrent.futures import ThreadPoolExecutor\nwith ThreadPoolExecutor(2) as p:\n"
         f"    return list(p.map(lambda i: {READ}, range(3)))", DATA),
    Case("a pool of threads that was there before", True, f"return POOL.submit(lambda: {READ}).result()", DATA,
         head="from concurrent.futures import ThreadPoolExecutor\nPOOL = ThreadPoolExecutor(1)\nPOOL.submit(len, '').result()"),
    Case("multiprocessing's pool of threads, there before", True, f"return POOL.apply(lambda: {READ})", DATA,
         head="from multiprocessing.pool import ThreadPool\nPOOL = ThreadPool(1)\nPOOL.apply(len, ('',))"),
    Case("_thread", True, f"import _thread, time\nout = []\n_thread.start_new_thread(lambda: out.append({READ}), ())\n"
         "while not out: time.sleep(0.001)\nreturn out", DATA),
    Case("asyncio.to_thread", True, f"import asyncio\nasync def main(): return await asyncio.to_thread(lambda: {READ})\n"
         "return asyncio.run(main())", DATA),
    Case("a forked process", True, "import multiprocessing as m\nc = m.get_context('fork')\nq = c.SimpleQueue()\n"
         f"p = c.Process(target=lambda: q.put({READ}))\np.start()\nr = q.get()\np.join()\nreturn r", DATA),
    Case("a pool of forked processes", True, "import multiprocessing as m\nwith m.get_context('fork').Pool(2) as p:\n"
         "    return p.map(part, range(3))", DATA, head=f"def part(i): return {READ}[i]"),
    Case("a pool of forked processes, unread file", False, "import multiprocessing as m\nwith m.get_context('fork').Pool(2) as p:\n"
         "    return p.map(part, range(3))", edit("other", "x"), head=f"def part(i): return {READ}[i]"),
    Case("ProcessPoolExecutor", True, "import multiprocessing as m\nfrom concurrent.futures import ProcessPoolExecutor as P\n"
         "with P(2, mp_context=m.get_context('fork')) as p: return list(p.map(part, range(3)))", DATA, head=f"def part(i): return {READ}[i]"),
    Case("a child program reads a file", True, "import subprocess\nreturn subprocess.check_output(['cat', HERE / 'data.txt'])", DATA),
    Case("a child program in a folder of its own", True, "import subprocess\nreturn subprocess.check_output(['cat', 'data.txt'], cwd=HERE)",
         DATA, cwd="/"),
    Case("a shell reads a file", True, "import subprocess\nreturn subprocess.check_output('cat data.txt | wc -c', shell=True)",
         edit("data.txt", "longer than before")),
    Case("a shell reads a variable", True, "import subprocess\nreturn subprocess.check_output('echo $RATE', shell=True)",
         env={"RATE": "3"}, env_after={"RATE": "4"}),
    Case("os.popen", True, "return os.popen(f'cat {HERE}/data.txt').read()", DATA),
    Case("os.system", True, "return os.system(f'grep -q two {HERE}/data.txt')", DATA),
    Case("a script of the project as a child", True, "import subprocess\nreturn subprocess.check_output([sys.executable, HERE / 's.py'])",
         edit("s.py", "print(2)"), {"s.py": "print(1)"}),
    Case("an option that names a file", True, "import subprocess\nreturn subprocess.check_output(['grep', '-c', f'--file={HERE}/p', HERE / 'data.txt'])",
         edit("p", "a"), {"p": "x", "data.txt": "x\na\na\n"}),
    Case("a version that is read", True, VERSION, _distribution("minipkg", "2.0", gone="1.0"), {}, _distribution("minipkg", "1.0")),
    Case("another distribution is installed", False, VERSION, _distribution("other", "1.0"), {}, _distribution("minipkg", "1.0")),
    Case("a distribution that was not there", True, "sys.path.insert(0, str(HERE / 'site'))\nimport importlib.metadata as m\n"
         "try: return m.version('Mini_Pkg')\nexcept m.PackageNotFoundError: return None", _distribution("mini_pkg", "1.0"), {},
         lambda root: (root / "site").mkdir()),
    Case("a path as an argument", True, "return open(x).read()", DATA, env={"ARG": "'data.txt'"}),
    Case("a Path as an argument", True, "return x.read_text()", DATA, env={"ARG": "pathlib.Path('data.txt')"}),
    Case("a list of paths as an argument", True, "return [open(p).read() for p in x]", DATA, env={"ARG": "['data.txt']"}),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
def test_case(case: Case, tmp_path: Path) -> None:
    run(case, tmp_path)


@pytest.mark.skipif(shutil.which("gcc") is None, reason="needs a C compiler")
def test_a_library_that_was_replaced_after_it_was_loaded(tmp_path: Path) -> None:
    case = Case("library", True, "return LIB.run(x)", files={}, blind=True, head="import ctypes\nLIB = ctypes.CDLL(str(HERE / 'libcalc.so'))\n"
                "if 'SWAP' in os.environ:\n    os.unlink(HERE / 'libcalc.so'); os.rename(HERE / 'next.so', HERE / 'libcalc.so')")  # fmt: skip
    root = tmp_path / "project"
    root.mkdir()
    _library(2)(root)
    (root / "libcalc.so").rename(root / "next.so")
    _library(1)(root)
    write(case, root, tmp_path)
    assert process(case, root, ".", {"SWAP": "1", "TIMES": "1"}, ()) == 1
    assert process(case, root, ".", {}, ()) == 1, "what was built with the old library must not be taken for the new one's"


@pytest.mark.skipif(shutil.which("gcc") is None, reason="needs a C compiler")
@pytest.mark.parametrize("head", ["", "import ctypes\nLIB = ctypes.CDLL(str(HERE / 'libcalc.so'))"], ids=["inside", "before"])
def test_a_library_of_the_project(head: str, tmp_path: Path) -> None:
    work = "return LIB.run(x)" if head else "import ctypes\nreturn ctypes.CDLL(str(HERE / 'libcalc.so')).run(x)"
    run(Case("library", True, work, _library(2), {}, _library(1), head=head), tmp_path)
