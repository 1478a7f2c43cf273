"""What all fault tests share: a home of their own, and a furnished store.

Promises: no test touches this user's key, store or cache.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
_home = tempfile.mkdtemp(prefix="heirloom-faults-")
os.environ["XDG_CONFIG_HOME"] = str(Path(_home) / "config")
os.environ["XDG_CACHE_HOME"] = str(Path(_home) / "cache")
os.environ.pop("HEIRLOOM_DISABLE", None)
# A shell starts what runs in its background with Ctrl-C ignored, and children inherit that; some tests press it.
signal.signal(signal.SIGINT, signal.default_int_handler)

from stage import CALLS, ask_all, in_child  # noqa: E402 - it lies beside this file


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with everything in it; to be copied, never touched."""
    folder = tmp_path_factory.mktemp("furnished") / "store"
    report = in_child(lambda: ask_all(folder))
    assert report["wrong"] == report["raised"] == []
    assert len(report["built"]) == len(CALLS)
    assert in_child(lambda: ask_all(folder))["built"] == [], "a second process is handed everything down"
    return folder
