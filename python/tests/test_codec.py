"""The codec: zero copy, read-only from the first caller on, and nothing unpickled without its MAC."""

from __future__ import annotations

import stat
import warnings
from pathlib import Path

import heirloom
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from heirloom import State, Store


@pytest.fixture
def store(heirloom_store):
    return heirloom_store


def blobs(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and path.read_bytes()[:8] == b"HEIRBLOB"]


def test_arrays_are_read_only_from_the_first_caller_on(store):
    @store.cached
    def arrays():
        grid = np.arange(200_000, dtype="f8").reshape(400, 500)
        return {"c": grid, "f": np.asfortranarray(grid), "strided": grid[::2, ::3], "empty": grid[:0]}

    first = arrays()
    arrays._shelf().let_go()
    later = arrays()
    for opened in (first, later):
        for name in ("c", "f", "strided"):
            assert not opened[name].flags.writeable, name
            with pytest.raises(ValueError, match="read-only"):
                opened[name][0, 0] = 1
    for name, array in first.items():
        np.testing.assert_array_equal(array, later[name])


def test_a_mapped_array_is_no_copy(store):
    @store.cached
    def grid():
        return np.zeros(4_000_000)

    grid()
    grid._shelf().let_go()
    mapped = grid()
    start = mapped.__array_interface__["data"][0]
    maps = [line.split() for line in Path("/proc/self/maps").read_text().splitlines()]
    inside = [line for line in maps if int(line[0].split("-")[0], 16) <= start < int(line[0].split("-")[1], 16)]
    assert inside[0][1].startswith("r--")
    assert str(store.folder) in inside[0][-1]


def test_tables_come_back(store):
    @store.cached
    def frame():
        return pd.DataFrame({"year": [2013, 2014], "carrier": ["UA", None], "delay": [1.5, float("nan")]})

    @store.cached
    def arrow():
        return pa.table({"year": [2013, 2014], "carrier": ["UA", None]})

    built = frame(), arrow()
    frame._shelf().let_go()
    arrow._shelf().let_go()
    pd.testing.assert_frame_equal(frame(), built[0])
    assert arrow().equals(built[1])
    assert frame.stats()["disk_hits"] == arrow.stats()["disk_hits"] == 1


def test_none_is_a_value_like_any_other(store):
    built = []

    @store.cached
    def nothing():
        built.append(1)

    assert (nothing(), nothing()) == (None, None)
    nothing._shelf().let_go()
    assert nothing() is None
    assert len(built) == 1


def test_what_cannot_be_pickled_is_served_from_memory_with_one_warning(store):
    @store.cached
    def function(x):
        return lambda: x

    with pytest.warns(heirloom.HeirloomWarning, match="function.*could not seal it") as told:
        kept = function(1)
    assert len(told) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert function(1) is kept
    with pytest.warns(heirloom.HeirloomWarning, match="could not seal it"):
        function(2)
    assert function.state(1) is State.IN_MEMORY


def test_a_stream_with_a_wrong_mac_is_never_unpickled(tmp_path):
    marker = tmp_path / "went-off"

    def make(value):
        store = Store(tmp_path / "store", settings=None)

        @store.cached(name="bomb", code="manual")
        def bomb():
            return value

        return bomb

    class Evil:
        def __reduce__(self):
            return (Path.touch, (marker,))

    other_key = tmp_path / "other" / "key"
    evil = make(Evil())
    evil._store.key_file = other_key
    evil()
    marker.unlink(missing_ok=True)

    good = make([1, 2])
    with pytest.warns(heirloom.HeirloomWarning, match="kept with the key"):
        assert good() == [1, 2]
    assert not marker.exists()


def test_a_damaged_blob_is_built_again(tmp_path):
    store = Store(tmp_path / "store", settings=None)
    built = []

    @store.cached(name="grid")
    def grid():
        built.append(1)
        return np.arange(100_000)

    grid()
    (blob,) = blobs(store.folder)
    blob.chmod(0o644)
    content = bytearray(blob.read_bytes())
    content[-1] ^= 1
    blob.write_bytes(content)
    grid._shelf().let_go()
    with pytest.warns(heirloom.HeirloomWarning, match="corrupt"):
        assert grid()[-1] == 99_999
    assert len(built) == 2


def test_the_key_file_is_private_and_outside_the_store(tmp_path):
    store = Store(tmp_path / "store", settings=None)
    store.key_file = tmp_path / "config" / "heirloom" / "key"
    store.engine()
    assert stat.S_IMODE(store.key_file.stat().st_mode) == 0o600
    assert len(store.key_file.read_bytes()) == 32
    assert [path.name for path in store.key_file.parent.iterdir()] == ["key"]
    store.key_file.chmod(0o644)
    other = Store(tmp_path / "other", settings=None)
    other.key_file = store.key_file
    with pytest.warns(heirloom.HeirloomWarning, match="others can read it"):
        other.engine()
