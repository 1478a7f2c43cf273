"""Bit rot and truncation anywhere in any file of a store: no wrong value, no exception, recovered by itself.

Seeded, so a trial that fails can be run again. Promises: each kind of file is hit, also those that are small. Refuses: to
know the formats.
"""

from __future__ import annotations

import os
import random
import shutil
from typing import TYPE_CHECKING

import pytest
from stage import CALLS, TRIALS, ask_all, in_child

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def flip(path: Path, size: int, chance: random.Random) -> None:
    """Flip one bit."""
    with path.open("r+b") as file:
        at = chance.randrange(size)
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ 1 << chance.randrange(8)]))


def cut(path: Path, size: int, chance: random.Random) -> None:
    """Cut a file short, now and then to nothing."""
    os.truncate(path, chance.choice([0, chance.randrange(size), size - 1]))


def overwrite(path: Path, size: int, chance: random.Random) -> None:
    """Write a page of noise."""
    with path.open("r+b") as file:
        file.seek(chance.randrange(size))
        file.write(chance.randbytes(min(4096, size)))


def damaged(furnished: Path, folder: Path, damage: Callable[..., None], chance: random.Random) -> Path:
    """Copy the store and hurt one of its files: half of the times by size, half by kind."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(furnished, folder, symlinks=True)
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.stat().st_size)
    if chance.random() < 0.5:
        (path,) = chance.choices(files, [file.stat().st_size for file in files])
    else:
        kind = chance.choice(sorted({file.suffix or file.name for file in files}))
        path = chance.choice([file for file in files if (file.suffix or file.name) == kind])
    path.chmod(0o644)
    damage(path, path.stat().st_size, chance)
    return path


@pytest.mark.timeout(0 if TRIALS > 1000 else 300)
@pytest.mark.parametrize("damage", [flip, cut, overwrite])
def test_damage_is_never_served_and_heals_by_itself(furnished, tmp_path, damage):
    folder, rebuilt = tmp_path / "store", 0
    for trial in range(TRIALS // 3):
        path = damaged(furnished, folder, damage, random.Random(f"{damage.__name__} {trial}"))
        what = f"trial {trial}: {damage.__name__} of {path.relative_to(folder)}"
        report = in_child(lambda: ask_all(folder))
        assert report["wrong"] == [], what
        assert report["raised"] == [], what
        rebuilt += bool(report["built"])
        if trial % 10 == 0:
            again = in_child(lambda: ask_all(folder))
            assert again["wrong"] == again["raised"] == again["built"] == [], f"{what}: {again}"
    assert rebuilt, "some damage must have hurt"


def test_a_store_of_noise_is_a_store_that_heals(furnished, tmp_path):
    folder, chance = tmp_path / "store", random.Random("noise")
    shutil.copytree(furnished, folder)
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            path.chmod(0o644)
            path.write_bytes(chance.randbytes(chance.randrange(1, 5000)))
    report = in_child(lambda: ask_all(folder))
    assert report["wrong"] == report["raised"] == []
    assert len(report["built"]) == len(CALLS)
    assert in_child(lambda: ask_all(folder))["built"] == []
