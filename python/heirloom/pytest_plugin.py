"""The pytest plugin: a store of its own for each test.

Promises: nothing a test builds is seen by another, or by your program. Refuses: to be active where it is not asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from heirloom import Store


@pytest.fixture
def heirloom_store(tmp_path: Path) -> Iterator[Store]:
    """Make a fresh store in the test's folder the default one, for all threads, while the test runs."""
    from heirloom import Store, set_default_store

    store = Store(tmp_path / ".heirloom")
    former = set_default_store(store)
    try:
        yield store
    finally:
        set_default_store(former)
