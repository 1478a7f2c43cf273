"""Files, listings, patterns and absences that a builder touches are recorded, in whatever way it touches them."""

from __future__ import annotations

import gzip
import io
import os
import sqlite3
import zipfile
from pathlib import Path

import pytest
from recording_cases import Case, edit, remove, run, secretly, touch

DATA = edit("data.txt", "one TWO three")
READ = "return (HERE / 'data.txt').read_text().split()[x]"


def _zip(text: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo("a.txt"), text)
    return buffer.getvalue()


def _database(name: str, value: int, *, wal: bool = False):  # type: ignore[no-untyped-def]
    def make(root: Path) -> None:
        (root / name).unlink(missing_ok=True)
        connection = sqlite3.connect(root / name)
        if wal:
            connection.execute("pragma journal_mode=wal")
        connection.execute("create table t (v)")
        connection.execute("insert into t values (?)", (value,))
        connection.commit()
        connection.close()

    return make


def _link(name: str, target: str):  # type: ignore[no-untyped-def]
    def make(root: Path) -> None:
        (root / name).unlink(missing_ok=True)
        (root / name).symlink_to(target)

    return make


TWO = {"in/a.txt": "a", "in/b.txt": "b", "in/p/q/r/d.txt": "d"}

CASES = [
    Case("open in binary", True, "with open(HERE / 'data.txt', 'rb') as f: return f.read()", DATA),
    Case("open by a relative path", True, "with open('data.txt') as f: return f.read()", DATA),
    Case("open by bytes", True, "with open(os.fsencode(HERE / 'data.txt')) as f: return f.read()", DATA),
    Case("os.open with flags", True, """
        fd = os.open(HERE / 'data.txt', os.O_RDONLY | os.O_CLOEXEC)
        try: return os.read(fd, 100)
        finally: os.close(fd)""", DATA),
    Case("read through a link in a folder", True, "return (HERE / 'latest' / 'data.txt').read_text()",
         lambda root: (_link("latest", "v2")(root)), {"v1/data.txt": "one", "v2/data.txt": "two"}, _link("latest", "v1")),
    Case("a link to another file of equal content", False, "return (HERE / 'now').read_text()", _link("now", "v2"),
         {"v1": "same", "v2": "same"}, _link("now", "v1")),
    Case("where a link leads", True, "return os.readlink(HERE / 'now')", _link("now", "v2"), {"v1": "same", "v2": "same"},
         _link("now", "v1")),
    Case("the real path of a link", True, "return os.path.basename(os.path.realpath(HERE / 'now'))", _link("now", "v2"),
         {"v1": "same", "v2": "same"}, _link("now", "v1")),
    Case("Path.resolve of a link", True, "return (HERE / 'now').resolve().name", _link("now", "v2"),
         {"v1": "same", "v2": "same"}, _link("now", "v1")),
    Case("gzip", True, "import gzip\nreturn gzip.open(HERE / 'a.gz').read()", edit("a.gz", gzip.compress(b"two", mtime=0)),
         {"a.gz": gzip.compress(b"one", mtime=0)}),
    Case("zip", True, "import zipfile\nreturn zipfile.ZipFile(HERE / 'a.zip').read('a.txt')", edit("a.zip", _zip("two")),
         {"a.zip": _zip("one")}),
    Case("configparser", True, "import configparser\nc = configparser.ConfigParser()\nc.read(HERE / 'a.ini')\nreturn c['s']['k']",
         edit("a.ini", "[s]\nk=2"), {"a.ini": "[s]\nk=1"}),
    Case("a configuration that appears", True, "import configparser\nc = configparser.ConfigParser()\n"
         "c.read([HERE / 'a.ini', HERE / 'local.ini'])\nreturn c['s']['k']", edit("local.ini", "[s]\nk=2"), {"a.ini": "[s]\nk=1"}),
    Case("mmap", True, """
        import mmap
        with open(HERE / 'data.txt', 'rb') as f, mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ) as m: return bytes(m[4:7])
        """, DATA),
    Case("numpy.fromfile", True, "import numpy\nreturn numpy.fromfile(HERE / 'data.txt', 'u1').tolist()", DATA),
    Case("numpy.memmap", True, "import numpy\nreturn numpy.memmap(HERE / 'data.txt', 'u1', 'r')[5].item()", DATA),
    Case("pandas.read_csv", True, "import pandas\nreturn pandas.read_csv(HERE / 'a.csv').v.sum().item()",
         edit("a.csv", "k,v\na,2\n"), {"a.csv": "k,v\na,1\n"}),
    Case("pyarrow.csv, which opens in C++", True, "import pyarrow.csv\nreturn pyarrow.csv.read_csv(str(HERE / 'a.csv')).to_pylist()",
         edit("a.csv", "k,v\na,2\n"), {"a.csv": "k,v\na,1\n"}),
    Case("linecache", True, "import linecache\nreturn linecache.getline(str(HERE / 'data.txt'), 1)", DATA),
    Case("urlopen of a file", True, "import urllib.request\nreturn urllib.request.urlopen((HERE / 'data.txt').as_uri()).read()", DATA),
    Case("a folder that is copied", True, "import shutil, tempfile\nwith tempfile.TemporaryDirectory() as d:\n"
         "    return sorted(p.name for p in pathlib.Path(shutil.copytree(HERE / 'in', d + '/x')).iterdir())", edit("in/c", ""), {"in/a": ""}),
    Case("plug-ins in a folder", True, "import pkgutil\nreturn sorted(m.name for m in pkgutil.iter_modules([str(HERE / 'plug')]))",
         edit("plug/b.py", ""), {"plug/a.py": ""}),
    Case("importlib.import_module of what is not there yet", True, "import importlib\ntry: return importlib.import_module('plug').n\n"
         "except ImportError: return 0", edit("plug.py", "n = 2")),
    Case("a database that the body makes", False, "import sqlite3\nc = sqlite3.connect(HERE / 'o.db')\n"
         "c.execute('create table if not exists t(v)'); c.commit()\nr = c.execute('select count(*) from t').fetchall(); c.close()\nreturn r"),
    Case("shelve", True, "import shelve\nwith shelve.open(str(HERE / 's'), 'r') as s: return s['k']",
         lambda root: _shelf(root, 2), {}, lambda root: _shelf(root, 1)),
    Case("sqlite", True, "import sqlite3\nc = sqlite3.connect(HERE / 'a.db')\ntry: return c.execute('select v from t').fetchall()\n"
         "finally: c.close()", _database("a.db", 2), {}, _database("a.db", 1)),
    Case("sqlite by a URI", True, "import sqlite3\nc = sqlite3.connect(f'file:{HERE}/a.db?mode=ro', uri=True)\n"
         "try: return c.execute('select v from t').fetchall()\nfinally: c.close()", _database("a.db", 2), {}, _database("a.db", 1)),
    Case("sqlite with a write-ahead log", True, "import sqlite3\nc = sqlite3.connect(HERE / 'a.db')\n"
         "try: return c.execute('select v from t').fetchall()\nfinally: c.close()", _database("a.db", 2, wal=True), {},
         _database("a.db", 1, wal=True)),
    Case("package data", True, "import importlib.resources as r\nreturn r.files('pkg').joinpath('w.txt').read_text()",
         edit("pkg/w.txt", "two"), {"pkg/__init__.py": "", "pkg/w.txt": "one"}),
    Case("pkgutil.get_data", True, "import pkgutil\nreturn pkgutil.get_data('pkg', 'w.txt')",
         edit("pkg/w.txt", "two"), {"pkg/__init__.py": "", "pkg/w.txt": "one"}),
    Case("same size, same time", True, READ, secretly("data.txt", "one TWO three")),
    Case("touched", False, READ, touch("data.txt")),
    Case("written again with equal bytes", False, READ, edit("data.txt", "one two three")),
    Case("unread file changed", False, READ, edit("other.txt", "x")),
    Case("deleted", True, "p = HERE / 'data.txt'\nreturn p.read_text() if p.exists() else None", remove("data.txt")),
    Case("appears after a failed open", True, "try: return open(HERE / 'o.txt').read()\nexcept FileNotFoundError: return None",
         edit("o.txt", "x")),
    Case("appears after isfile", True, "return os.path.isfile(HERE / 'o.txt')", edit("o.txt", "x")),
    Case("appears after os.access", True, "return os.access(HERE / 'o.txt', os.R_OK)", edit("o.txt", "x")),
    Case("appears in a folder that was not there", True, "return (HERE / 'a' / 'b' / 'o.txt').exists()", edit("a/b/o.txt", "x")),
    Case("exists and is changed", False, "return (HERE / 'data.txt').exists()", DATA),
    Case("isfile, taken by its name at the top", True, "return isfile(HERE / 'o.txt')", edit("o.txt", "x"),
         head="from os.path import isfile"),
    Case("stat, taken by its name at the top", True, "return stat(HERE / 'data.txt').st_size", edit("data.txt", "longer than before"),
         head="from os import stat"),
    Case("getsize", True, "return os.path.getsize(HERE / 'data.txt')", edit("data.txt", "longer than before")),
    Case("getsize and another content of equal size", False, "return os.path.getsize(HERE / 'data.txt')", DATA),
    Case("st_size of Path.stat", True, "return (HERE / 'data.txt').stat().st_size", edit("data.txt", "longer than before")),
    Case("st_size and touched", False, "return (HERE / 'data.txt').stat().st_size", touch("data.txt")),
    Case("st_mtime and touched", True, "return (HERE / 'data.txt').stat().st_mtime", touch("data.txt")),
    Case("getmtime and touched", True, "return os.path.getmtime(HERE / 'data.txt')", touch("data.txt")),
    Case("st_size of os.scandir's entries", True, "return sum(e.stat().st_size for e in os.scandir(HERE / 'in'))",
         edit("in/a.txt", "aaaa"), {"in/a.txt": "a"}),
    Case("listdir and a new file", True, "return sorted(os.listdir(HERE / 'in'))", edit("in/c.txt", "c"), TWO),
    Case("listdir and a changed file", False, "return sorted(os.listdir(HERE / 'in'))", edit("in/a.txt", "c"), TWO),
    Case("iterdir and a file gone", True, "return sorted(p.name for p in (HERE / 'in').iterdir())", remove("in/a.txt"), TWO),
    Case("scandir and a new file", True, "return sorted(e.name for e in os.scandir(HERE / 'in'))", edit("in/c", ""), TWO),
    Case("walk and a file three levels down", True, "return sorted(f for _, _, fs in os.walk(HERE / 'in') for f in fs)",
         edit("in/p/q/r/c.txt", "c"), TWO),
    Case("fwalk and a file three levels down", True, "return sorted(f for _, _, fs, _ in os.fwalk(HERE / 'in') for f in fs)",
         edit("in/p/q/r/c.txt", "c"), TWO),
    Case("rglob and a file three levels down", True, "return sorted(p.name for p in (HERE / 'in').rglob('*.txt'))",
         edit("in/p/q/r/c.txt", "c"), TWO),
    Case("rglob and a file that does not match", False, "return sorted(p.name for p in (HERE / 'in').rglob('*.txt'))",
         edit("in/p/q/r/c.tmp", "c"), TWO),
    Case("Path.glob and a file that does not match", False, "return sorted(p.name for p in (HERE / 'in').glob('*.txt'))",
         edit("in/c.tmp", "c"), TWO),
    Case("Path.glob in folders", True, "return sorted(p.name for p in HERE.glob('*/p/**/*.txt'))", edit("in/p/z.txt", "c"), TWO),
    Case("glob.glob and a matching file", True, "import glob\nreturn sorted(map(os.path.basename, glob.glob(f'{HERE}/in/*.txt')))",
         edit("in/c.txt", "c"), TWO),
    Case("glob.glob and a hidden file", False, "import glob\nreturn sorted(map(os.path.basename, glob.glob(f'{HERE}/in/*.txt')))",
         edit("in/.c.txt", "c"), TWO),
    Case("glob.glob, recursive, by a relative pattern", True, "import glob\nreturn sorted(glob.glob('in/**/*.txt', recursive=True))",
         edit("in/p/c.txt", "c"), TWO),
    Case("glob that matched nothing", True, "import glob\nreturn len(glob.glob(f'{HERE}/late/*.txt'))", edit("late/c.txt", "c"), TWO),
    Case("a matched file that is read changes", True, "return [p.read_text() for p in sorted((HERE / 'in').glob('*.txt'))]",
         edit("in/a.txt", "z"), TWO),
    Case("the body's own output is changed", False, "(HERE / 'out.txt').write_text('made')\n" + READ, edit("out.txt", "by hand")),
    Case("the body's log is cut", False, "with open(HERE / 'run.log', 'a') as f: f.write('ran')\n" + READ, edit("run.log", "")),
    Case("written and read back", False, "p = HERE / 'out.txt'\np.write_text('made')\nreturn p.read_text() + (HERE / 'data.txt').read_text()",
         edit("out.txt", "by hand")),
    Case("made where nothing was, then left alone", False, "p = HERE / 'o.txt'\nif not p.exists(): p.write_text('made')\nreturn p.read_text()"),
    Case("made where nothing was, then changed", True, "p = HERE / 'o.txt'\nif not p.exists(): p.write_text('made')\nreturn p.read_text()",
         edit("o.txt", "by hand")),
    Case("a folder of outputs that was there", True, "os.makedirs(HERE / 'in', exist_ok=True)\nreturn (HERE / 'in/a.txt').read_text()",
         edit("in/a.txt", "z"), TWO),
    Case("an output put into a listed folder", False, "n = sorted(p for p in os.listdir(HERE / 'in') if p != 'out')\n"
         "(HERE / 'in' / 'out').write_text('x')\nreturn n", remove("in/out"), TWO),
    Case("written beside and renamed", False, "t = HERE / 'o.tmp'\nt.write_text('made')\nos.replace(t, HERE / 'o.txt')\n"
         "return (HERE / 'o.txt').read_text()", edit("o.txt", "by hand")),
    Case("temporary files", False, "import tempfile\nwith tempfile.TemporaryDirectory() as d:\n"
         "    p = pathlib.Path(d, 'a'); p.write_text('x')\n    return [len(os.listdir(d)), p.read_text(), p.exists()]"),
    Case("tracebacks and sources of the code itself", False, "import traceback, inspect, linecache\n"
         "try: 1 / 0\nexcept ZeroDivisionError: text = traceback.format_exc()\n"
         "linecache.checkcache()\nreturn len(inspect.getsource(work)) > 0 and 'ZeroDivision' in text",
         lambda root: _comment(root), blind=True),
    Case("a module imported in the body", False, "import helper\nreturn helper.f()", lambda root: _comment(root, "helper.py"),
         {"helper.py": "def f():\n    return 1\n"}, blind=True),
    Case("a module that could not be imported appears", True, "try: import extra\nexcept ImportError: return 0\nreturn extra.n",
         edit("extra.py", "n = 2")),
    Case("data that a module reads when the body imports it", True, "import helper\nreturn helper.text",
         DATA, {"helper.py": "import pathlib\ntext = (pathlib.Path(__file__).parent / 'data.txt').read_text()\n", "data.txt": "one two three"}),
    Case("data that was moved away with the project", False, READ, moved="deep/er/elsewhere"),
    Case("a listing that was moved with the project", False, "return sorted(os.listdir(HERE / 'in'))", files=TWO, moved="elsewhere"),
    Case("a pattern that was moved with the project", False, "return len(list(HERE.glob('in/*.txt')))", files=TWO, moved="elsewhere"),
    Case("another working directory, data found by __file__", False, READ, files={"data.txt": "one two three", "sub/x": ""},
         cwd_after="sub"),
    Case("another working directory, a relative path", True, "return open('data.txt').read()",
         files={"d1/data.txt": "A", "d2/data.txt": "B"}, cwd="d1", cwd_after="d2"),
    Case("another working directory, a relative path of equal content", False, "return open('data.txt').read()",
         files={"d1/data.txt": "A", "d2/data.txt": "A"}, cwd="d1", cwd_after="d2"),
    Case("another working directory, a relative listing", True, "return sorted(os.listdir())",
         files={"d1/a": "A", "d2/b": "B"}, cwd="d1", cwd_after="d2"),
    Case("a relative path after the body has changed the directory", False, "here = os.getcwd()\nos.chdir(HERE / 'sub')\n"
         "try: return open('a.txt').read()\nfinally: os.chdir(here)", files={"sub/a.txt": "A"}),
]  # fmt: skip


def _shelf(root: Path, value: int) -> None:
    import shelve

    with shelve.open(str(root / "s"), "n") as shelf:
        shelf["k"] = value


def _comment(root: Path, name: str = "main.py") -> None:
    path = root / name
    path.write_text("# another comment\n" + path.read_text())


@pytest.mark.parametrize("case", CASES, ids=str)
def test_case(case: Case, tmp_path: Path) -> None:
    if case.name.startswith("pyarrow") or "pandas" in case.name:
        pytest.importorskip(case.name.split(".")[0])
    run(case, tmp_path)


def test_the_folder_of_the_tests_is_no_project() -> None:
    from heirloom._project import MARKERS

    assert not any(os.path.lexists(os.path.join("/tmp", marker)) for marker in MARKERS)
