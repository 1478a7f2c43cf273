"""Every case, judged: the value is true, and nothing was built for nothing."""

from __future__ import annotations

from concurrent.futures import Future

import pytest

from staleness.case import Case
from staleness.cases import CASES
from staleness.known import KNOWN


def _marked(case: Case) -> object:
    marks = [pytest.mark.xfail(strict=True, reason=KNOWN[case.name])] if case.name in KNOWN else []
    return pytest.param(case, id=case.name, marks=marks)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("case", [_marked(case) for case in CASES])
def test_case(case: Case, verdicts: dict[str, Future[str]]) -> None:
    assert verdicts[case.name].result() == "correct"


def test_names_are_unique() -> None:
    names = [case.name for case in CASES]
    assert len(names) == len(set(names))
    assert set(names) >= set(KNOWN)
