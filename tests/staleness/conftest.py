"""Runs the selected cases two at a time, from the first test on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from staleness.case import Case
from staleness.judge import judge


@pytest.fixture(scope="session")
def verdicts(request: pytest.FixtureRequest) -> Iterator[dict[str, Future[str]]]:
    """Give for each selected case the verdict to come."""
    given = (item.callspec.params.get("case") for item in request.session.items if hasattr(item, "callspec"))
    selected = [case for case in given if isinstance(case, Case)]
    with ThreadPoolExecutor(min(2, os.cpu_count() or 1)) as pool:
        yield {case.name: pool.submit(judge, case) for case in selected}
        pool.shutdown(cancel_futures=True)
