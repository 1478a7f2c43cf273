"""Stands before libraries that open files in C or C++, where Python raises no audit event.

Promises: 1. every argument that names an existing file or folder is recorded before the library is called; 2. a library
that is not loaded is not loaded by this. Refuses: libraries that open through Python (pandas, NumPy, Pillow, joblib): those
are heard.
"""

from __future__ import annotations

import functools
import os
import sys
from typing import TYPE_CHECKING, Any

from heirloom import _heirloom
from heirloom._recording import _frames

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

READERS: dict[str, tuple[str, ...]] = {
    "_dbm": ("open",),
    "_gdbm": ("open",),
    "cv2": ("imread", "VideoCapture", "FileStorage"),
    "duckdb": ("connect", "read_csv", "read_parquet", "read_json", "from_csv_auto", "from_parquet"),
    "fastparquet": ("ParquetFile.__init__",),
    "geopandas": ("read_file",),
    "h5py": ("File.__init__",),
    "lightgbm": ("Booster.__init__",),
    "lmdb": ("open", "Environment"),
    "lxml.etree": ("parse", "iterparse"),
    "multiprocessing.forkserver": ("ForkServer.connect_to_new_process",),
    "multiprocessing.util": ("spawnv_passfds",),
    "netCDF4": ("Dataset",),
    "onnxruntime": ("InferenceSession.__init__",),
    "polars": (
        "read_csv", "scan_csv", "read_parquet", "scan_parquet", "read_ipc", "scan_ipc", "read_json", "read_ndjson",
        "scan_ndjson", "read_avro", "read_ipc_stream",
    ),
    "pyarrow": ("memory_map", "OSFile", "input_stream"),
    "pyarrow._csv": ("read_csv", "open_csv"),
    "pyarrow._dataset": ("FileSystemDataset.from_paths",),
    "pyarrow._feather": ("FeatherReader",),
    "pyarrow._json": ("read_json", "open_json"),
    "pyarrow.csv": ("read_csv", "open_csv"),
    "pyarrow.dataset": ("dataset", "parquet_dataset"),
    "pyarrow.feather": ("read_table", "read_feather"),
    "pyarrow.json": ("read_json", "open_json"),
    "pyarrow.lib": ("memory_map", "OSFile", "input_stream"),
    "pyarrow.orc": ("ORCFile.__init__", "read_table"),
    "pyarrow.parquet": ("read_table", "read_metadata", "read_schema", "read_pandas"),
    "pyarrow.parquet.core": (
        "ParquetFile.__init__", "ParquetDataset.__init__", "read_table", "read_metadata", "read_schema", "read_pandas",
    ),
    "rasterio": ("open",),
    "soundfile": ("SoundFile.__init__", "read", "info"),
    "tables": ("open_file",),
    "xgboost": ("Booster.load_model", "DMatrix.__init__"),
}  # fmt: skip
"""Module → functions, or methods of its classes, that take paths."""

_DATABASES = frozenset({"_dbm", "_gdbm"})
_done: set[str] = set()
_looked_at = 0


def install() -> None:
    """Put a stand-in before the readers of every library that has been loaded since the last look."""
    global _looked_at
    if len(sys.modules) == _looked_at:
        return
    _looked_at = len(sys.modules)
    for name, functions in READERS.items():
        module = sys.modules.get(name)
        if module is None or name in _done:
            continue
        _done.add(name)
        for function in functions:
            _stand_before(module, function)


def before_import(name: Any) -> None:
    """Import a library that the builder is about to import, so that its readers can be stood before at once."""
    if name not in READERS or name in sys.modules:
        return
    import importlib

    try:
        importlib.import_module(name)
    except Exception:
        # The builder's own import says it.
        return
    install()


def _stand_before(module: ModuleType, name: str) -> None:
    holder: Any = module
    *outer, last = name.split(".")
    for part in outer:
        holder = getattr(holder, part, None)
    original = getattr(holder, last, None)
    if not callable(original) or getattr(original, "_heirloom_reader", False):
        return
    if isinstance(original, type):
        # A class is tested against with `isinstance`, so it must stay itself.
        _stand_before(module, f"{name}.__init__")
        return
    bound = isinstance(vars(holder).get(last), (classmethod, staticmethod)) if isinstance(holder, type) else False
    stand_in = _reader(original, module.__name__)
    try:
        setattr(holder, last, staticmethod(stand_in) if bound else stand_in)
    except (AttributeError, TypeError):
        # A class that was made in C and cannot be changed: its files are seen only through the functions above.
        return
    if holder is module:
        for other in list(sys.modules.values()):
            if _frames.is_project(other) and vars(other).get(last) is original:
                setattr(other, last, stand_in)


def _reader(original: Callable[..., Any], module: str) -> Callable[..., Any]:
    @functools.wraps(original)
    def read(*args: Any, **kwargs: Any) -> Any:
        if _heirloom.recording():
            _heirloom.quietly(_record, module, [*args, *kwargs.values()])
        return original(*args, **kwargs)

    read._heirloom_reader = True  # type: ignore[attr-defined]
    return read


def _record(module: str, values: list[Any]) -> None:
    if module.startswith("multiprocessing"):
        for build in _heirloom.builds():
            build.unchecked("child process", "multiprocessing, started afresh")
        return
    paths: list[str] = []
    for value in values:
        for one in value if isinstance(value, (list, tuple)) else (value,):
            if isinstance(one, (str, bytes, os.PathLike)):
                paths.append(os.fsdecode(one).removeprefix("file://"))
    if module in _DATABASES:
        paths = [path + ending for path in paths[:1] for ending in ("", ".db", ".dir", ".pag")]
    for path in paths:
        if path and "\0" not in path and len(path) < 4096 and os.path.exists(path):
            for build in _heirloom.builds():
                _each_file(build, path)


def _each_file(build: Any, path: str) -> None:
    build.read(path)
    if os.path.isdir(path):
        for folder, folders, files in os.walk(path):
            for name in (*folders, *files):
                build.read(os.path.join(folder, name))
