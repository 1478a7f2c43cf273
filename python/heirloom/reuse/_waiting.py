"""Waits, in threads and in tasks, for what another one does.

`Signal` is given once and wakes all who wait. `Flight` is one build in the air: single flight among threads and tasks.
Promises: 1. a waiting task blocks no event loop, and both kinds may wait for the same thing; 2. a builder that would wait
for itself, directly or through others, is told so instead of hanging. Refuses: timeouts of its own; a caller gives them.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from contextvars import ContextVar
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Future
    from collections.abc import Callable

    from heirloom.reuse._roads import Way

V = TypeVar("V")

_graph = threading.Lock()


def _renew() -> None:
    """Make the lock anew in a forked child, where its holder may not exist."""
    global _graph
    _graph = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew)
_inside: ContextVar[tuple[Flight[object], ...]] = ContextVar("heirloom_inside", default=())


class Signal:
    """Something that happens once."""

    __slots__ = ("_wakers", "given")

    def __init__(self) -> None:
        self.given = False
        self._wakers: deque[Callable[[], None]] = deque()

    def give(self) -> None:
        """Wake all who wait, and let nobody wait any more."""
        self.given = True
        while self._wakers:
            try:
                wake = self._wakers.popleft()
            except IndexError:
                return
            wake()

    def wait(self, timeout: float | None = None) -> bool:
        """Block this thread until it is given; ``False`` when the time ran out first."""
        gate = threading.Lock()
        gate.acquire()
        self._wakers.append(gate.release)
        # Asked after the waker stands in the line, so that no signal falls in between.
        return self.given or gate.acquire(timeout=-1 if timeout is None else max(timeout, 0)) or self.given

    async def wait_async(self, timeout: float | None = None) -> bool:
        """Suspend this task until it is given; ``False`` when the time ran out first."""
        import asyncio

        loop = asyncio.get_running_loop()
        future = loop.create_future()
        self._wakers.append(lambda: _wake(loop, future))
        if not self.given:
            # Not `wait_for`, which before Python 3.12 swallows a cancellation that comes with the result.
            await asyncio.wait((future,), timeout=timeout)
        return self.given


def _wake(loop: AbstractEventLoop, future: Future[None]) -> None:
    try:
        loop.call_soon_threadsafe(lambda: None if future.done() else future.set_result(None))
    except RuntimeError:
        pass  # the loop is closed, so nobody waits there any more


class Flight(Generic[V]):
    """One build in the air. Who made it builds; everybody else waits for it."""

    __slots__ = ("_landed", "_value", "_waits_for", "signal")

    def __init__(self) -> None:
        self.signal = Signal()
        self._landed = False
        self._waits_for: set[Flight[object]] = set()

    def land(self, value: V) -> None:
        """Hand the value to all who wait."""
        self._value, self._landed = value, True
        self.signal.give()

    def crash(self) -> None:
        """Send all who wait away without a value; one of them will build."""
        self.signal.give()

    async def over(self, way: Way) -> bool:
        """Wait until it is over; whether there is a value."""
        with _Edge(self):
            await way.wait(self.signal, None)
        return self._landed

    @property
    def value(self) -> V:
        """What was built, when `wait` came back true."""
        return self._value


class Building:
    """A block in which the builder of a flight runs."""

    __slots__ = ("_flight", "_token")

    def __init__(self, flight: Flight[V]) -> None:
        self._flight: Flight[object] = flight  # type: ignore[assignment]

    def __enter__(self) -> None:
        self._token = _inside.set((*_inside.get(), self._flight))

    def __exit__(self, *_: object) -> None:
        _inside.reset(self._token)


class CircleError(Exception):
    """Waiting would never end: the builder that waits is what the other one waits for."""


class _Edge:
    """While one waits: everything that is being built around it waits for that flight."""

    def __init__(self, flight: Flight[V]) -> None:
        self._inside = _inside.get()
        self._flight: Flight[object] = flight  # type: ignore[assignment]

    def __enter__(self) -> None:
        if self._inside:
            with _graph:
                if _reaches(self._flight, set(self._inside)):
                    raise CircleError
                for flight in self._inside:
                    flight._waits_for.add(self._flight)

    def __exit__(self, *_: object) -> None:
        if self._inside:
            with _graph:
                for flight in self._inside:
                    flight._waits_for.discard(self._flight)


def _reaches(start: Flight[object], sought: set[Flight[object]]) -> bool:
    seen, todo = {start}, [start]
    while todo:
        flight = todo.pop()
        if flight in sought:
            return True
        new = flight._waits_for - seen
        seen |= new
        todo += new
    return False
