"""Follows the children that a build forks: what they read is written into a journal, and taken in when the build ends.

Promises: a child that is killed when its work is done (a pool's worker) has told everything before. Refuses: children that
are started afresh (``spawn``, ``forkserver``); they are recorded as "cannot be checked".
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from heirloom import _heirloom

if TYPE_CHECKING:
    from heirloom._heirloom import Building

_forking: tuple[Building, str] | None = None


def install() -> None:
    """Be told of forks."""
    os.register_at_fork(before=_before, after_in_parent=_in_parent, after_in_child=_in_child)


def take_in(building: Building) -> None:
    """Take in what the children of a build recorded."""
    journal = building.notes.pop("journal", None)
    if journal is None:
        return
    try:
        building.take_in(journal)
        os.unlink(journal)
    except OSError as error:
        building.unchecked("child process", f"its journal cannot be read: {error.strerror}")


def _before() -> None:
    if _heirloom.recording():
        _heirloom.quietly(_open_journal)


def _open_journal() -> None:
    global _forking
    import tempfile

    building = _heirloom.current_build()
    if building is None:
        return
    journal = building.notes.get("journal")
    if journal is None:
        descriptor, journal = tempfile.mkstemp(prefix="heirloom-", suffix=".journal")
        os.close(descriptor)
        building.notes["journal"] = journal
    _forking = building, journal


def _in_parent() -> None:
    global _forking
    _forking = None


def _in_child() -> None:
    global _forking
    if _forking is None:
        return
    building, journal = _forking
    _forking = None
    building.notes.pop("journal", None)
    try:
        building.follow(journal)
    except OSError:
        # The journal is gone: the parent has ended its build, and this child is recorded as unchecked.
        return
