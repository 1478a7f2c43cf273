"""What is installed counts as far as a builder asks for it: a distribution by its name, a group of entry points."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from heirloom._recording._distributions import told
from recording_cases import Case, run

HEAD = "import importlib.metadata as m\nsys.path.insert(0, str(HERE / 'site'))"
GROUP = "return sorted(one.value for one in m.entry_points(group='plug'))"
VERSION = "try: return m.version('Mini.Pkg')\nexcept m.PackageNotFoundError: return None"
EVERY = "return sorted(one.metadata['Name'] for one in m.distributions(path=[str(HERE / 'site')]))"
OLD = 1_700_000_000


def _distribution(site: Path, name: str, version: str = "1.0", points: str = "") -> None:
    folder = site / f"{name}-{version}.dist-info"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    if points:
        (folder / "entry_points.txt").write_text(points)


def _installed(*args: str, **kwargs: str):  # type: ignore[no-untyped-def]
    return lambda root: _distribution(root / "site", *args, **kwargs)


def _upgraded(root: Path) -> None:
    shutil.rmtree(root / "site" / "mini_pkg-1.0.dist-info")
    _distribution(root / "site", "mini_pkg", "2.0")


ONE = _installed("mini_pkg", points="# ours\n[plug]\na = mini:a\n")
CASES = [
    Case("a distribution joins the group", True, GROUP, _installed("more", points="[plug]\nb = more:b\n"), head=HEAD, prepare=ONE),
    Case("one joins another group", False, GROUP, _installed("more", points="[other]\nb = more:b\n"), head=HEAD, prepare=ONE),
    Case("one without entry points", False, GROUP, _installed("more"), head=HEAD, prepare=ONE),
    Case("an entry point leads elsewhere", True, GROUP, _installed("mini_pkg", points="[plug]\na = mini:z\n"), head=HEAD, prepare=ONE),
    Case("the group is left", True, GROUP, lambda root: shutil.rmtree(root / "site"), head=HEAD, prepare=ONE),
    Case("a distribution is upgraded", True, VERSION, _upgraded, head=HEAD, prepare=ONE),
    Case("another is installed", False, VERSION, _installed("mini_pkg_2"), head=HEAD, prepare=ONE),
    Case("one that was not there", True, VERSION, _installed("mini_pkg"), head=HEAD, prepare=_installed("other")),
    Case("every distribution", True, EVERY, _installed("other"), head=HEAD, prepare=ONE),
    Case("a folder that is not on the path", True, EVERY, _installed("other"), head="import importlib.metadata as m", prepare=ONE),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_case(case: Case, tmp_path: Path) -> None:
    run(case, tmp_path)


def test_an_answer_is_remembered_only_while_nothing_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _distribution(tmp_path, "mini", points="[plug]\na = mini:a\n")
    points = tmp_path / "mini-1.0.dist-info" / "entry_points.txt"
    monkeypatch.syspath_prepend(str(tmp_path))

    def answer() -> bytes | None:
        for path in (points, tmp_path):
            os.utime(path, (OLD, OLD))  # so that nothing is too young to be remembered
        return told("the entry points of plug")

    assert answer() == b"mini: plug a = mini:a"
    real, listings = os.listdir, []
    monkeypatch.setattr(os, "listdir", lambda *args: listings.append(args) or real(*args))
    assert answer() == b"mini: plug a = mini:a"
    assert listings == []
    points.write_text("[plug]\na = mini:b\n")
    assert told("the entry points of plug") == b"mini: plug a = mini:b"
    _distribution(tmp_path, "more", points="[plug]\nc = more:c\n")
    assert told("the entry points of plug") == b"mini: plug a = mini:b\nmore: plug c = more:c"
