"""What type checkers say: the stub of the compiled half is true, and the public face types what passes through it."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import heirloom
import pytest

pytest.importorskip("mypy", reason="mypy is not installed: pip install mypy")

FACE = """
    from collections.abc import Coroutine
    from typing import Any
    import heirloom
    from typing_extensions import assert_type

    @heirloom.cached
    def table(year: int, carrier: str = "UA") -> list[int]: return [year]

    @heirloom.cached(versions={"dev1": 3}, ttl="1h")
    def sized(year: int) -> str: return str(year)

    store = heirloom.Store("cache", memory="4 GiB")

    @store.cached
    def own(year: int) -> bytes: return b""

    @heirloom.cached
    async def later(year: int) -> float: return 1.0

    @heirloom.cached
    class Table:
        def __init__(self, year: int) -> None: self.year = year

    @heirloom.cached(epoch="7d")
    class Wide(Table): ...

    class Owner:
        @heirloom.cached
        def method(self, x: int) -> int: return x

        @staticmethod
        @heirloom.cached
        def plain(x: int) -> str: return ""

        @property
        @heirloom.cached
        def size(self) -> int: return 1

    @heirloom.lru_cache(maxsize=3)
    def small(x: int) -> bytes: return b""

    @heirloom.cache
    def all_of_them(x: int) -> bytes: return b""

    async def main() -> None:
        assert_type(await later(1), float)

    def shown(given: Table) -> bool:
        return isinstance(given, Wide)

    assert_type(table(2013), list[int])
    assert_type(table.refresh(2013, carrier="UA"), list[int])
    assert_type(table.state(2013), heirloom.State)
    assert_type(table.explain(2013).why, str | None)
    assert_type(table.forget(2013), int)
    assert_type(table.expect(columns=("price",))(2013), list[int])
    assert_type(table.handle(2013).get(), list[int])
    assert_type(table.cache_info().hits, int)
    assert_type(table.stats(), dict[str, int])
    assert_type(table.__wrapped__(2013), list[int])
    assert_type(sized(1), str)
    assert_type(own(1), bytes)
    assert_type(Table(2013), Table)
    assert_type(Wide(2013).year, int)
    assert_type(heirloom.cached(Owner), type[Owner])
    assert_type(heirloom.cached(ttl="1h")(Owner), type[Owner])
    assert_type(store.cached(Owner), type[Owner])
    assert_type(Owner.plain(1), str)
    assert_type(Owner().size, int)
    assert_type(small(1), bytes)
    assert_type(all_of_them(1), bytes)
    with heirloom.using(store) as used:
        assert_type(used, heirloom.Store)
"""

WRONG = ["table('2013')", "table(2013, 4)", "table.refresh()", "sized(1).append(2)", "own('x')", "Table('2013')", "used.engin()"]


def run(*words: str, cwd: Path) -> tuple[int, str]:
    folder = Path(heirloom.__file__).parents[1]
    # What is installed is found by itself; mypy does not want it named.
    path = {} if folder.name == "site-packages" else {"MYPYPATH": str(folder)}
    done = subprocess.run(
        [sys.executable, "-m", *words], cwd=cwd, env={**os.environ, **path}, text=True, capture_output=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_the_stub_is_true(tmp_path):
    allowed = Path(__file__).parent / "stubtest.allow"
    assert run("mypy.stubtest", "heirloom._heirloom", "--allowlist", str(allowed), cwd=tmp_path) == (
        0,
        "Success: no issues found in 1 module\n",
    )


def test_mypy_knows_what_comes_back_and_what_is_wrong(tmp_path):
    face = textwrap.dedent(FACE)
    (tmp_path / "face.py").write_text(face)
    assert run("mypy", "--strict", "face.py", cwd=tmp_path) == (0, "Success: no issues found in 1 source file\n")
    (tmp_path / "wrong.py").write_text(face + "\n".join(WRONG))
    code, told = run("mypy", "--strict", "wrong.py", cwd=tmp_path)
    first = face.count("\n") + 1
    lines = {int(line.split(":")[1]) for line in told.splitlines() if ": error:" in line}
    assert code == 1
    assert lines == set(range(first, first + len(WRONG))), told
