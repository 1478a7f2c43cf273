"""A pool of objects that are dear to make, each used by one client at a time.

Promises: 1. never more objects than ``max_size``; who comes too late waits in line; 2. making, resetting, checking and
destroying run outside every step of the compiled half (`PoolCore`); 3. an object that is never returned is seen, told, and
its place freed. Refuses: threads of its own; what was idle too long goes at the next operation.
"""

from __future__ import annotations

import inspect
import math
import sys
import time
import warnings
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Generic, Literal, NamedTuple, NoReturn, TypeVar, cast

from heirloom._heirloom import Loan, PoolCore
from heirloom.reuse import _bounds
from heirloom.reuse._roads import IN_TASK, ON_THREAD, drive
from heirloom.reuse._waiting import Signal

if TYPE_CHECKING:
    from collections.abc import Callable

    from heirloom.reuse._roads import Way

T = TypeVar("T")

_NONE: Any = object()
# Who waits looks this often, in seconds, for objects that died or were lost meanwhile: the dying cannot take a lock.
_LOOK = 0.1


class PoolError(Exception):
    """What a pool cannot do, in one sentence.

    >>> pool = Pool(list, reset=lambda names: names.nothing())
    >>> pool.release(pool.acquire())
    Traceback (most recent call last):
    heirloom.reuse._pool.PoolError: the reset of [] raised AttributeError: ...; the object was thrown away, and its place is free
    """


class PoolTimeoutError(PoolError, TimeoutError):
    """No object came free in time.

    >>> pool = Pool(list, max_size=1)
    >>> kept = pool.acquire()
    >>> pool.acquire(timeout=0)
    Traceback (most recent call last):
    heirloom.reuse._pool.PoolTimeoutError: no object came free within 0 s; all 1 are out
    """


class Lost(NamedTuple):
    """An object that was not returned.

    >>> class Parser: pass
    >>> pool = Pool(Parser, on_lost=lambda lost: print("lost, and dead:", lost.is_dead))
    >>> _ = pool.acquire()
    >>> del _
    >>> pool.stats().lost
    lost, and dead: True
    1
    """

    acquired_at: str
    """File and line of who acquired it."""
    out_for: float
    """Seconds."""
    is_dead: bool
    """Whether nobody holds it any more; if not, it has just been out for too long."""


class PoolStats(NamedTuple):
    """A pool in numbers; those that count are since it was made.

    >>> pool = Pool(list, min_warm=2)
    >>> pool.stats().idle, pool.stats().size, pool.stats().made
    (2, 2, 2)
    """

    made: int
    reused: int
    waited: int
    timed_out: int
    invalid: int
    """Objects that failed the check when they were to be handed out."""
    discarded: int
    """Objects thrown away on return: by choice, after an exception, or because enough were idle."""
    reset_failed: int
    expired: int
    """Objects thrown away because they were idle too long."""
    lost: int
    idle: int
    size: int
    """Objects that are idle, out, or being made."""


class Pool(PoolCore[T], Generic[T]):
    """Lends objects made by ``create``, and lends them again.

    ``reset(obj)`` runs on return; ``is_valid(obj)`` before an idle object is lent again (raising counts as no);
    ``destroy(obj)`` when one is thrown away. ``min_warm`` objects are made at once and outlive ``idle_time`` (seconds).
    ``on_error`` says what becomes of an object whose ``with`` block raised. An object that nobody holds any more, or that
    has been out for ``lost_after`` seconds, is lost: ``on_lost`` is told, else a `ResourceWarning` is given.

    >>> pool = Pool(list, max_size=1, reset=list.clear)
    >>> with pool.lend() as names:
    ...     names.append("ann")
    >>> pool.acquire() is names, names
    (True, [])
    """

    def __init__(
        self,
        create: Callable[[], T],
        *,
        max_size: int | None = None,
        max_idle: int | None = None,
        min_warm: int = 0,
        idle_time: float | None = None,
        reset: Callable[[T], object] | None = None,
        is_valid: Callable[[T], object] | None = None,
        destroy: Callable[[T], object] | None = None,
        on_error: Literal["discard", "return"] = "discard",
        lost_after: float | None = None,
        on_lost: Callable[[Lost], object] | None = None,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        _bounds.at_least("max_size", max_size, 1)
        _bounds.at_least("max_idle", max_idle, 0)
        _bounds.at_least("min_warm", min_warm, 0)
        _bounds.some_time("idle_time", idle_time)
        _bounds.some_time("lost_after", lost_after)
        functions = (("create", create), ("reset", reset), ("is_valid", is_valid), ("destroy", destroy), ("on_lost", on_lost))
        for name, function in functions:
            _bounds.a_function(name, function)
        most = min(math.inf if bound is None else bound for bound in (max_size, max_idle))
        if min_warm > most:
            raise ValueError(f"`min_warm` is {min_warm}, but at most {most} objects may be idle; give {most} or less")
        if on_error not in ("discard", "return"):
            raise ValueError(f'`on_error` is {on_error!r}; give "discard" or "return"')
        self._create, self._is_valid, self._destroy, self._on_lost = create, is_valid, destroy, on_lost
        clock = None if timer is time.monotonic else timer
        places, idle = (math.inf if bound is None else bound for bound in (max_size, max_idle))
        checks, discards = is_valid is not None, on_error == "discard"
        self._settle(places, idle, min_warm, idle_time, lost_after, reset, checks, discards, clock)
        for _ in range(min_warm):
            made = create()
            if inspect.isawaitable(made):
                cast("Any", made).close()
                raise TypeError("`min_warm` objects are made at once, which an async `create` cannot; leave it out")
            self._warm(made)

    def _acquire(self, timeout: float | None, code: Any, line: int) -> T:
        return drive(self._road(timeout, code, line, ON_THREAD))

    async def acquire_async(self, timeout: float | None = None) -> T:
        """Do as `acquire` does, without blocking the event loop; ``create`` may be ``async``.

        >>> import asyncio
        >>> async def connect():
        ...     return ["a connection"]
        >>> asyncio.run(Pool(connect).acquire_async())
        ['a connection']
        """
        frame = sys._getframe(1)
        return await self._road(timeout, frame.f_code, frame.f_lineno, IN_TASK)

    async def _road(self, timeout: float | None, code: Any, line: int, way: Way) -> T:
        """Wait for an object or for a place to make one in, and lend it."""
        _bounds.at_least("timeout", timeout, 0)
        self.purge()
        turn = _Turn()
        try:
            self._ask(turn)
            ends = None if timeout is None else time.monotonic() + timeout
            while not turn.signal.given:
                left = _LOOK if ends is None else min(_LOOK, ends - time.monotonic())
                await way.wait(turn.signal, left)
                self.purge()
                if ends is not None and time.monotonic() >= ends:
                    break
            if not turn.is_granted:
                self._count("timed_out")
                raise PoolTimeoutError(f"no object came free within {timeout:g} s; all {self.stats().size} are out")
            found = self._valid(turn)
            if found is _NONE:
                found = await self._make(way)
                # From here on it is the turn's to give back.
                turn.object, turn.has_object = found, True
            self._lend(found, code, line)
            turn.end()
            return cast("T", found)
        except BaseException:
            self._give_up(turn)
            raise

    async def _make(self, way: Way) -> Any:
        made = await way.call(self._create)
        if inspect.isawaitable(made):
            cast("Any", made).close()
            raise TypeError("`create` is async; take objects of this pool with `acquire_async` or `async with`")
        self._count("made")
        return made

    async def _enter_later(self, loan: Loan[T]) -> T:
        timeout, code, line = loan._asked()
        obj = await self._road(timeout, code, line, IN_TASK)
        loan._hold(obj)
        return obj

    async def _leave_later(self, loan: Loan[T], kind: type[BaseException] | None) -> None:
        loan.__exit__(kind, None, None)

    def discard(self, obj: T) -> None:
        """Throw an object away instead of giving it back; its place is free for another.

        >>> pool = Pool(list, max_size=1)
        >>> pool.discard(pool.acquire())
        >>> pool.acquire(timeout=0), pool.stats().discarded
        ([], 1)
        """
        if not self._end_lease(obj):
            self._refuse(obj)
        self._count("discarded")
        self._throw_away(obj)

    def purge(self) -> None:
        """Let go of what was idle too long, and free the places of what was lost, now."""
        overdue = self._overdue()
        if overdue is None:
            return
        over, lost = overdue
        for _ in lost:
            self._free_place()
        with ExitStack() as calls:
            # All are thrown away and told, also when one of them raises.
            for code, line, out_for, is_dead in lost:
                at = f"{code.co_filename}:{line}" if code is not None else "an unknown place"
                calls.callback(self._tell, Lost(at, out_for, is_dead))
            for obj in over:
                calls.callback(self._throw_away, obj)

    def stats(self) -> PoolStats:
        """Return what the pool has counted."""
        self.purge()
        return PoolStats(*self._counts())

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.stats()})"

    def _valid(self, turn: _Turn) -> Any:
        """The first object that passes the check, of the one that was granted and the idle ones."""
        while turn.has_object:
            obj: T = turn.object
            try:
                good = self._is_valid is None or self._is_valid(obj)
            except Exception:
                good = False
            if good:
                self._count("reused")
                return obj
            turn.object, turn.has_object = None, False
            if self._destroy is not None:
                self._destroy(obj)
            # Two places become one: that of the object which was no good is given up.
            another = self._another()
            if another is not None:
                (turn.object,) = another
                turn.has_object = True
        return _NONE

    def _give_up(self, turn: _Turn) -> None:
        """Leave the line; what was granted meanwhile goes on to the next."""
        if self._leave_line(turn) or not turn.is_granted:
            return
        turn.is_granted = False
        if turn.has_object:
            self._put_back(turn.object)
        else:
            self._free_place()

    def _refuse(self, obj: T) -> NoReturn:
        what = "was given back already" if self._is_idle(obj) else "is not lent by this pool, or was given up as lost"
        raise ValueError(f"{_bounds.short(obj)} {what}; give each object back once, to the pool it came from")

    def _reset_failed(self, obj: T, error: BaseException) -> NoReturn:
        self._count("reset_failed")
        self._throw_away(obj)
        if not isinstance(error, Exception):
            raise error
        what = f"the reset of {_bounds.short(obj)} raised {type(error).__name__}: {error}"
        raise PoolError(f"{what}; the object was thrown away, and its place is free") from error

    def _throw_away(self, obj: T) -> None:
        try:
            if self._destroy is not None:
                self._destroy(obj)
        finally:
            self._free_place()

    def _tell(self, lost: Lost) -> None:
        if self._on_lost is not None:
            self._on_lost(lost)
            return
        why = "nobody holds it any more" if lost.is_dead else "it may still come back"
        what = f"an object acquired at {lost.acquired_at} was not returned for {lost.out_for:.1f} s ({why})"
        warnings.warn(f"{what}; its place in the pool was freed", ResourceWarning, stacklevel=3)


class _Turn:
    """A place in the line, and what the compiled half grants it: an object, or a place to make one in."""

    __slots__ = ("has_object", "is_granted", "object", "signal")

    def __init__(self) -> None:
        self.signal = Signal()
        self.object: Any = None
        self.has_object = self.is_granted = False

    def end(self) -> None:
        """The object is out now."""
        self.has_object, self.object, self.is_granted = False, None, False
