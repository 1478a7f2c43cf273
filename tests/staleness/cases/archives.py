"""Code and data in a zip archive on the path of imports."""

from staleness.case import Case, hit, rebuild

# Writes the archive of the present state at the start of each process; equal states are equal files.
_MAKER = """
--- maker.py
import os
import pathlib
import sys
import zipfile

HERE = pathlib.Path(__file__).parent
K = (HERE / "seed.txt").read_text().strip()
ARCHIVE = str(HERE / "code.zip")
if not os.path.exists(ARCHIVE) or zipfile.ZipFile(ARCHIVE).comment != K.encode():
    with zipfile.ZipFile(ARCHIVE, "w") as archive:
        archive.comment = K.encode()
        for name, text in MEMBERS.items():
            archive.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), text.replace("SEED", K))
sys.path.insert(0, ARCHIVE)
--- seed.txt
<<2=>3>>
"""
_PREP = "import maker; from pipeline import build"
_HELPER = {"zipped.py": "def h(x):\n    return x * SEED\n"}
_PACKAGE = {"pack/__init__.py": "", "pack/deep.py": "from .core import h\n", "pack/core.py": _HELPER["zipped.py"], "pack/d.txt": "SEED"}


def _text(pipeline: str, members: dict[str, str]) -> str:
    return f"--- pipeline.py\n{pipeline}\n{_MAKER.strip()}\n".replace("MEMBERS", repr(members))


def _changes(name: str, pipeline: str, members: dict[str, str] = _HELPER) -> Case:
    return rebuild(f"archive-{name}", _text(pipeline, members), prep=_PREP)


def _irrelevant(name: str, members: dict[str, str]) -> Case:
    return hit(f"archive-{name}", _text("%build __import__('zipped').h(x)", members), prep=_PREP)


CASES = [
    _changes("from-import", "from zipped import h\n\n%build h(x)"),
    _changes("module", "import zipped\n\n%build zipped.h(x)"),
    _changes("constant", "import zipped\n\n%build zipped.K * x", {"zipped.py": "K = SEED\n"}),
    _changes("import-in-body", "@cached\ndef build(x):\n    RAN\n    from zipped import h\n    return h(x)"),
    _changes("import-by-call", "%build __import__('zipped').h(x)"),
    _changes("package-by-computed-name", "import importlib\n\n%build importlib.import_module('pa' + 'ck.deep').h(x)", _PACKAGE),
    _changes("data-by-pkgutil", "import pkgutil\nimport pack\n\n%build pkgutil.get_data('pack', 'd.txt')", _PACKAGE),
    _changes("data-by-resources", "import importlib.resources\nimport pack\n\n%build importlib.resources.files('pack').joinpath('d.txt').read_text()", _PACKAGE),
    _irrelevant("comment", {"zipped.py": "# SEED\ndef h(x):\n    return x\n"}),
    _irrelevant("other-member", {"zipped.py": "def h(x):\n    return x\n", "other.py": "K = SEED\n"}),
]
