"""One road for threads and for tasks.

What both do is written once, as a coroutine; a `Way` says how to wait and how to call. On a thread nothing suspends, so `drive`
runs the coroutine to its end. Promises: what a thread calls may raise anything, ``StopIteration`` too. Refuses: event loops.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from heirloom.reuse._waiting import Signal

T = TypeVar("T")


class Way(Protocol):
    """How to wait and to call."""

    async def wait(self, signal: Signal, timeout: float | None) -> bool:
        """Wait for a signal at most ``timeout`` seconds; whether it was given."""

    async def call(self, create: Callable[[], Any]) -> Any:
        """Call what makes something, which may be ``async`` in a task."""


class _OnThread:
    async def wait(self, signal: Signal, timeout: float | None) -> bool:
        return signal.wait(timeout)

    async def call(self, create: Callable[[], Any]) -> Any:
        try:
            return create()
        except StopIteration as error:
            # No coroutine may let this one through.
            raise _StoppedError(error) from None


class _InTask:
    async def wait(self, signal: Signal, timeout: float | None) -> bool:
        return await signal.wait_async(timeout)

    async def call(self, create: Callable[[], Any]) -> Any:
        made = create()
        return await made if inspect.isawaitable(made) else made


class _StoppedError(Exception):
    """Carries a ``StopIteration``."""


ON_THREAD: Way = _OnThread()
IN_TASK: Way = _InTask()


def drive(road: Coroutine[Any, Any, T]) -> T:
    """Go a road to its end on this thread."""
    try:
        road.send(None)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]
    except _StoppedError as stopped:
        raise stopped.args[0] from None
    raise AssertionError("a road on a thread never suspends")
