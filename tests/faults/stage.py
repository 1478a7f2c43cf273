"""What the fault tests are written with: children by fork, and values that say by themselves whether they are right.

Promises: every child ends within its limit, and only children of the test are ended. Refuses: to sleep in order to win
a race.
"""

from __future__ import annotations

import os
import pickle
import signal
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TRIALS = int(os.environ.get("HEIRLOOM_FAULT_TRIALS", "150"))
"""How many seeded trials each test of damage makes; thousands as a long command."""


def value(kind: str, size: int) -> Any:
    """Make the value of a call: always the same one."""
    if kind == "array":
        return np.arange(size, dtype=np.uint8)
    if kind == "text":
        return "heirloom " * (size // 9)
    return {"rows": [{"at": at, "text": "x" * 50} for at in range(size // 80)], "kind": kind}


def is_right(kind: str, size: int, found: Any) -> bool:
    """Say whether this is the value of a call, with its type."""
    right = value(kind, size)
    if kind == "array":
        return type(found) is np.ndarray and found.dtype == right.dtype and bool((found == right).all())
    return type(found) is type(right) and found == right


CALLS = [(kind, size) for kind in ("array", "text", "tree") for size in (1_500, 40_000, 300_000)]
"""Inline, with a blob that is read, and with one that is mapped."""


class Child:
    """A forked process that runs a function and sends what it returned."""

    def __init__(self, work: Callable[[], Any]) -> None:
        reader, writer = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(reader)
            code = 1
            try:
                sent = pickle.dumps(work())
                with os.fdopen(writer, "wb") as pipe:
                    pipe.write(sent)
                code = 0
            except BaseException as error:
                with os.fdopen(writer, "wb") as pipe:
                    pipe.write(pickle.dumps(f"{type(error).__name__}: {error}"))
            finally:
                os._exit(code)
        os.close(writer)
        self.pipe = reader

    def result(self, limit: float = 60) -> Any:
        """Wait for what it returned; a child that dies or outlives its limit fails the test."""
        import select

        received, end = b"", time.monotonic() + limit
        while True:
            ready, _, _ = select.select([self.pipe], [], [], max(0, end - time.monotonic()))
            if not ready:
                self.kill()
                pytest.fail(f"a child hangs for {limit} s")
            chunk = os.read(self.pipe, 1 << 16)
            if not chunk:
                break
            received += chunk
        os.close(self.pipe)
        _, status = os.waitpid(self.pid, 0)
        if status != 0:
            pytest.fail(f"a child ended with {status}: {pickle.loads(received) if received else 'silent'}")
        return pickle.loads(received)

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Send a signal; a killed child is waited for."""
        os.kill(self.pid, number)
        if number == signal.SIGKILL:
            os.waitpid(self.pid, 0)


def in_child(work: Callable[[], Any], limit: float = 60) -> Any:
    """Run a function in a new process, and return what it returned."""
    return Child(work).result(limit)


def declare(folder: Path, **options: Any) -> Callable[[str, int], Any]:
    """Declare the one cached function of these tests for a store; ``.built`` lists what was built here."""
    import heirloom

    built: list[tuple[str, int]] = []
    store = heirloom.Store(folder, settings=None, **options)

    @store.cached(name="fault-value", code="manual")
    def make(kind: str, size: int) -> Any:
        built.append((kind, size))
        time.sleep(0.011)  # long enough to be worth a record
        return value(kind, size)

    make.built = built  # type: ignore[attr-defined]
    make.home = store  # type: ignore[attr-defined]
    return make


def ask_all(folder: Path, **options: Any) -> dict[str, Any]:
    """Ask for everything as a new process does; say what went wrong and what was built."""
    import warnings

    make = declare(folder, **options)
    wrong, raised = [], []
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        for kind, size in CALLS:
            try:
                found = make(kind, size)
            except BaseException as error:
                raised.append(f"{kind} {size}: {type(error).__name__}: {error}")
            else:
                if not is_right(kind, size, found):
                    wrong.append((kind, size))
    built = list(make.built)  # type: ignore[attr-defined]
    return {"wrong": wrong, "raised": raised, "built": built, "told": [str(one.message) for one in told]}
