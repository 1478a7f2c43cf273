"""A case's project on disk: writes a state, with times as an editor would leave them.

Promises: a file that did not change keeps its time, a changed one gets a later second, so Python's own byte-code cache is
never what is measured (``same_time`` is the exception that proves it). Refuses: binary files.
"""

from __future__ import annotations

import os
import shutil
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from staleness.case import Case


class Project:
    """The folder that a case's processes run in."""

    def __init__(self, case: Case, work: Path) -> None:
        self.case = case
        self.work = work
        self.home = self.root = work / "project"
        self.clock = self.start = int(time.time()) - 5000
        self.root.mkdir()
        self._write({}, case.before)

    def change(self) -> None:
        """Turn it into what it is after the change."""
        self.clock += 7
        self._write(self.case.before, self.case.after)
        for path in self.case.touched:
            os.utime(self.root / path, (self.clock, self.clock))
        if self.case.moved:
            self._move(self.work / self.case.moved)

    def restore(self) -> None:
        """Turn it back."""
        self.clock += 7
        if self.case.moved:
            self._move(self.home)
        self._write(self.case.after, self.case.before)

    def _move(self, to: Path) -> None:
        to.parent.mkdir(parents=True, exist_ok=True)
        self.root.rename(to)
        self.root = to

    def _write(self, old: dict[str, str], new: dict[str, str]) -> None:
        moment = self.start if self.case.same_time else self.clock
        for path, text in new.items():
            if old.get(path) == text:
                continue
            full = self.root / path
            full.parent.mkdir(parents=True, exist_ok=True)
            full.write_text(text, encoding="utf-8")
            os.utime(full, (moment, moment))
        for path in set(old) - set(new):
            (self.root / path).unlink()
            folder = (self.root / path).parent
            while folder != self.root and set(os.listdir(folder)) <= {"__pycache__"}:
                shutil.rmtree(folder)
                folder = folder.parent
