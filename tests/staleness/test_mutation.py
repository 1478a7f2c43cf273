"""Five hundred changes of one token: none is missed, none in unreached code builds again."""

from __future__ import annotations

import pytest

from staleness.mutation import run


@pytest.mark.timeout(600)
def test_no_mutant_is_stale_or_built_for_nothing() -> None:
    counts, faults = run(500, seed=2026)
    assert faults == []
    assert sum(counts.values()) >= 500
    assert counts["rebuilt reachable"] > 100
    assert counts["served unreachable"] > 100
