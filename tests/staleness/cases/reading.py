"""Files, folders, links, tables, variables and other inputs: how they are read, and what about them changes."""


from staleness.case import Case, rebuild

_P = "import pathlib\nHERE = pathlib.Path(__file__).parent\n"


def _file(name: str, expression: str, imports: str = "", old: str = "2", new: str = "3", path: str = "data.txt", pattern: str = "{}") -> Case:
    """One text file whose content changes."""
    return rebuild(f"reading-{name}", f"--- pipeline.py\n{imports}\n{_P}\n@cached\ndef build(x):\n    RAN\n    return {expression}\n--- {path}\n{pattern.format(f'<<{old}=>{new}>>')}\n")


def _made(name: str, write: str, expression: str, imports: str = "") -> Case:
    """A binary file that the project's own module makes at import from a text file, so that a case is text."""
    return rebuild(
        f"reading-made-{name}",
        f"--- pipeline.py\nimport pathlib\n{imports}\nHERE = pathlib.Path(__file__).parent\nK = int((HERE / 'seed.txt').read_text())\n\n@cached\ndef build(x):\n    RAN\n    return {expression}\n"
        f"--- maker.py\nimport pathlib\n{imports}\nHERE = pathlib.Path(__file__).parent\nK = int((HERE / 'seed.txt').read_text())\nF = str(HERE / 'made.bin')\nimport os\nif os.path.exists(F): os.unlink(F)\n{write}\n--- seed.txt\n<<2=>3>>\n".replace("K = int((HERE / 'seed.txt').read_text())\n\n@cached", "F = str(HERE / 'made.bin')\n\n@cached", 1),
        prep="import maker; from pipeline import build",
    )


CASES = [
    _file("fileinput", "list(fileinput.input([str(HERE / 'data.txt')]))", "import fileinput"),
    _file("linecache", "linecache.getline(str(HERE / 'data.txt'), 1)", "import linecache"),
    _file("tokenize-open", "tokenize.open(str(HERE / 'data.txt')).read()", "import tokenize"),
    _file("configparser", "(lambda p: (p.read(HERE / 'data.txt'), p['a']['k'])[1])(configparser.ConfigParser())", "import configparser", pattern="[a]\nk={}"),
    _file("xml-parse", "xml.etree.ElementTree.parse(HERE / 'data.txt').getroot().text", "import xml.etree.ElementTree", pattern="<a>{}</a>"),
    _file("urllib-file", "urllib.request.urlopen('file://' + str(HERE / 'data.txt')).read()", "import urllib.request"),
    _file("filecmp", "filecmp.cmp(HERE / 'data.txt', HERE / 'other.txt', shallow=False)", "import filecmp", pattern="{}\n--- other.txt\n2"),
    _file("os-sendfile", "run()", "def run():\n    a = os.open(HERE / 'data.txt', os.O_RDONLY)\n    r, w = os.pipe()\n    os.sendfile(w, a, 0, 9)\n    os.close(w)\n    return os.read(r, 9)\n"),
    _file("dir-fd", "os.read(os.open('data.txt', os.O_RDONLY, dir_fd=os.open(HERE, os.O_RDONLY)), 9)"),
    _file("opener", "open('data.txt', opener=lambda p, f: os.open(p, f, dir_fd=os.open(HERE, os.O_RDONLY))).read()"),
    _file("dot-dot-path", "open(HERE / 'sub' / '..' / 'data.txt').read() if os.path.isdir(HERE / 'sub') else 0", pattern="{}\n--- sub/keep.txt\n"),
    _file("seek-and-read", "(lambda f: (f.seek(2), f.read()))(open(HERE / 'data.txt'))", pattern="a\n{}"),
    _file("in-generator", "list(rows(HERE / 'data.txt'))", "def rows(p):\n    with open(p) as f:\n        yield from f\n"),
    _file("in-async", "asyncio.run(go())", "import asyncio\n\nasync def go():\n    return await asyncio.to_thread(lambda: open(HERE / 'data.txt').read())\n"),
    _file("in-lru-cached-helper", "load()", "import functools\n\n@functools.lru_cache\ndef load():\n    return open(HERE / 'data.txt').read()\n"),
    _file("at-import-of-helper", "config.K", "import config", path="data.txt", pattern="{}\n--- config.py\nimport pathlib\nK = pathlib.Path(__file__).with_name('data.txt').read_text()"),
    _file("at-import-inside-body", "__import__('config').K", path="data.txt", pattern="{}\n--- config.py\nimport pathlib\nK = pathlib.Path(__file__).with_name('data.txt').read_text()"),
    _file("at-import-class-attribute", "C.k", "import pathlib\n\nclass C:\n    k = pathlib.Path(__file__).with_name('data.txt').read_text()\n"),
    _file("resources-files", "importlib.resources.files('pack').joinpath('data.txt').read_text()", "import importlib.resources\nimport pack", path="pack/data.txt", pattern="{}\n--- pack/__init__.py\n"),
    _file("resources-open-text", "importlib.resources.open_text('pack', 'data.txt').read()", "import importlib.resources\nimport pack", path="pack/data.txt", pattern="{}\n--- pack/__init__.py\n"),
    _file("pkgutil-get-data", "pkgutil.get_data('pack', 'data.txt')", "import pkgutil\nimport pack", path="pack/data.txt", pattern="{}\n--- pack/__init__.py\n"),
    _file("loader-get-data", "pack.__loader__.get_data(str(HERE / 'pack' / 'data.txt'))", "import pack", path="pack/data.txt", pattern="{}\n--- pack/__init__.py\n"),
    _file("chdir-then-relative", "run()", "import os\n\ndef run():\n    was = os.getcwd()\n    os.chdir(HERE / 'sub')\n    try:\n        return open('data.txt').read()\n    finally:\n        os.chdir(was)\n", path="sub/data.txt"),
    _file("include-of-include", "expand(HERE / 'a.txt')", "def expand(p):\n    return ''.join(expand(p.parent / v[1:].strip()) if v[0] == '@' else v for v in open(p))\n", path="b.txt", pattern="{}\n--- a.txt\n@b.txt"),
    _file("manifest-lists-files", "[open(HERE / v.strip()).read() for v in open(HERE / 'list.txt')]", path="b.txt", pattern="{}\n--- list.txt\nb.txt"),
    _file("big-file-middle", "open(HERE / 'data.txt').read()[200000:200003]", old="aaa", new="bbb", pattern="q" * 200000 + "{}" + "z" * 50000),
    _file("trailing-newline-only", "open(HERE / 'data.txt', newline='').read()", old="a", new="a\n"),
    _file("line-ending-only", "open(HERE / 'data.txt', 'rb').read()", old="a\n", new="a \n"),
    _file("byte-order-mark", "open(HERE / 'data.txt', encoding='utf-8').read()", old="a", new="\ufeffa"),
    _file("becomes-empty", "open(HERE / 'data.txt').read()", old="a", new=""),
    _made("pickle", "pickle.dump(K, open(F, 'wb'))", "pickle.load(open(F, 'rb'))", "import pickle"),
    _made("shelve", "s = shelve.open(F)\ns['a'] = K\ns.close()", "shelve.open(F, 'r')['a']", "import shelve"),
    _made("dbm-dumb", "s = dbm.dumb.open(F)\ns['a'] = str(K)\ns.close()", "dbm.dumb.open(F, 'r')['a']", "import dbm.dumb"),
    _made("tarfile", "i = tarfile.TarInfo('a')\ni.size = 1\nt = tarfile.open(F, 'w')\nt.addfile(i, io.BytesIO(str(K).encode()))\nt.close()", "tarfile.open(F).extractfile('a').read()", "import io\nimport tarfile"),
    _made("sqlite", "c = sqlite3.connect(F)\nc.execute('create table t (a)')\nc.execute('insert into t values (?)', (K,))\nc.commit()\nc.close()", "sqlite3.connect(F).execute('select a from t').fetchone()", "import sqlite3"),
    _made("sqlite-uri", "c = sqlite3.connect(F)\nc.execute('create table t (a)')\nc.execute('insert into t values (?)', (K,))\nc.commit()\nc.close()", "sqlite3.connect('file:' + F + '?mode=ro', uri=True).execute('select a from t').fetchone()", "import sqlite3"),
    _made("sqlite-write-ahead", "c = sqlite3.connect(F)\nc.execute('pragma journal_mode=wal')\nc.execute('create table t (a)')\nc.execute('insert into t values (?)', (K,))\nc.commit()\nc.close()", "sqlite3.connect(F).execute('select a from t').fetchone()", "import sqlite3"),
    _made("mmap-whole", "open(F, 'wb').write(bytes([K]))", "mmap.mmap(os.open(F, os.O_RDONLY), 0, prot=mmap.PROT_READ)[:]", "import mmap"),
    _made("symlink-chain", "open(F + '1', 'w').write('1')\nopen(F + '2', 'w').write('2')\nopen(F + '3', 'w').write('3')\nfor n in ('l', 'm'):\n    os.path.lexists(F + n) and os.unlink(F + n)\nos.symlink(F + str(K), F + 'l')\nos.symlink(F + 'l', F + 'm')", "open(F + 'm').read()"),
    _made("symlink-folder", "os.makedirs(F + '2', exist_ok=True)\nos.makedirs(F + '3', exist_ok=True)\nopen(F + '2/a', 'w').write('2')\nopen(F + '3/a', 'w').write('3')\nos.path.lexists(F + 'l') and os.unlink(F + 'l')\nos.symlink(F + str(K), F + 'l')", "open(F + 'l/a').read()"),
    _made("symlink-folder-listed", "os.makedirs(F + '2', exist_ok=True)\nos.makedirs(F + '3', exist_ok=True)\nopen(F + '2/a', 'w').write('2')\nopen(F + '3/b', 'w').write('3')\nos.path.lexists(F + 'l') and os.unlink(F + 'l')\nos.symlink(F + str(K), F + 'l')", "os.listdir(F + 'l')"),
    _made("symlink-broken", "os.path.lexists(F + 'l') and os.unlink(F + 'l')\nos.symlink(F if K == 2 else os.devnull, F + 'l')", "os.path.exists(F + 'l')"),
    _made("hard-link-swapped", "open(F + '2', 'w').write('2')\nopen(F + '3', 'w').write('3')\nos.link(F + str(K), F)", "open(F).read()"),
    _made("folder-renamed", "import shutil\nshutil.rmtree(F + 'd', ignore_errors=True)\nos.makedirs(F + 'd/v%d' % K)", "[e.name for e in os.scandir(F + 'd')]"),
    _made("folder-swapped", "import shutil\nfor n in ('d', 'e'):\n    shutil.rmtree(F + n, ignore_errors=True)\n    os.makedirs(F + n)\nopen(F + 'd/a', 'w').write(str(K))\nopen(F + 'e/a', 'w').write(str(5 - K))", "open(F + 'd/a').read()"),
    _made("file-becomes-folder", "import shutil\nshutil.rmtree(F + 'x') if os.path.isdir(F + 'x') else os.path.exists(F + 'x') and os.unlink(F + 'x')\nos.makedirs(F + 'x') if K == 2 else open(F + 'x', 'w')", "os.path.isdir(F + 'x')"),
    _made("mode-bits", "open(F, 'w')\nos.chmod(F, 0o600 if K == 2 else 0o644)", "oct(os.stat(F).st_mode)"),
    _made("executable-bit", "open(F, 'w')\nos.chmod(F, 0o644 if K == 2 else 0o755)", "os.access(F, os.X_OK)"),
    _made("which", "open(F, 'w')\nos.chmod(F, 0o644 if K == 2 else 0o755)", "shutil.which('made.bin', path=str(HERE)) is None", "import shutil"),
    _made("empty-folder", "import shutil\nshutil.rmtree(F + 'd', ignore_errors=True)\nK == 2 and os.makedirs(F + 'd')", "os.path.isdir(F + 'd')"),
    _made("disk-usage-of-folder", "open(F, 'w').write('q' * K)", "sum(e.stat().st_size for e in os.scandir(HERE) if e.name == 'made.bin')"),
]
