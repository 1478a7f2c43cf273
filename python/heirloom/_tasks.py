"""Asks for an object from a task.

Promises: 1. the loop is never blocked: disk and other processes are waited for on threads of our own; 2. waiting for a
build of this process takes no thread; 3. a cancelled builder hands its seat on. Refuses: a loop of its own.
"""

from __future__ import annotations

import asyncio
import contextvars
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from heirloom._heirloom import Shelf, Step

_threads: ThreadPoolExecutor | None = None


async def ask(shelf: Shelf, args: tuple[Any, ...], kwargs: dict[str, Any] | None, mode: str, expect: Any) -> Any:
    """Walk the road until the object is there."""
    while True:
        step: Step = await _aside(shelf.step, args, kwargs, mode, expect)
        place = step.place
        if place == "inside":
            return await shelf.function(*args, **(kwargs or {}))
        if place == "wait":
            await _landing(step)
            if not await _aside(step.arrived):
                continue
        elif place == "build":
            await _build(shelf, step, args, kwargs or {})
        there, value = step.object()
        if there:
            return value


async def _build(shelf: Shelf, step: Step, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    # Begun and ended in this very task, so that its context knows of the build; kept aside, because that is slow.
    step.begin()
    try:
        value = await shelf.function(*args, **kwargs)
    except BaseException as error:
        step.end(None, error)
        raise
    step.end(value, None)


async def _landing(step: Step) -> None:
    loop = asyncio.get_running_loop()
    landed = loop.create_future()

    def wake() -> None:
        if not landed.done():
            landed.set_result(None)

    step.notify(partial(loop.call_soon_threadsafe, wake))
    await landed


async def _aside(work: Callable[..., Any], *args: Any) -> Any:
    global _threads
    if _threads is None:
        _threads = ThreadPoolExecutor(max_workers=32, thread_name_prefix="heirloom")
    context = contextvars.copy_context()
    return await asyncio.get_running_loop().run_in_executor(_threads, partial(context.run, work, *args))


def forget_threads() -> None:
    """Leave the threads of the parent behind, in a forked child."""
    global _threads
    _threads = None
