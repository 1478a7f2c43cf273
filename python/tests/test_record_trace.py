"""A decorated function writes its calls for `heirloom advise`."""

from __future__ import annotations

import heirloom
import pytest


def numbers(n: int) -> list[int]:
    return list(range(n))


def test_every_call_is_a_line(heirloom_store, tmp_path):
    file = tmp_path / "calls.csv"
    recorded = heirloom.cached(numbers, name="numbers", record_trace=file)
    for n in (3, 3, 3, 1000):
        assert recorded(n) == numbers(n)
    lines = [line.split(",") for line in file.read_text().splitlines()]
    assert len(lines) == 4, "hits in memory too"
    assert len({key for key, _, _ in lines}) == 2
    assert all(key.startswith("numbers:") and int(size) > 0 and float(seconds) > 0 for key, size, seconds in lines)


def test_a_file_that_cannot_be_written_is_a_warning(heirloom_store, tmp_path):
    recorded = heirloom.cached(numbers, name="lost", record_trace=tmp_path / "no folder" / "calls.csv")
    with pytest.warns(heirloom.HeirloomWarning, match=r"calls are no longer recorded: .*calls.csv cannot be written"):
        assert recorded(2) == [0, 1]


def test_the_setting_records_too(project):
    project.write("heirloom.toml", '[cache.doubled]\nrecord_trace = "calls.csv"\n')
    project.write(
        "made.py",
        """
        import heirloom
        @heirloom.cached(name="doubled")
        def doubled(n):
            return 2 * n
        """,
    )
    project.run("import made; made.doubled(1); made.doubled(1)")
    project.run("import made; made.doubled(1)")
    assert len((project.folder / "calls.csv").read_text().splitlines()) == 3
