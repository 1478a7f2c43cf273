"""A pool of objects that are dear to make, each used by one client at a time.

Promises: 1. never more objects than ``max_size``; who comes too late waits in line; 2. making, resetting, checking and
destroying run outside the lock; 3. an object that is never returned is seen, told, and its place freed. Refuses: threads of
its own; what was idle too long goes at the next operation.
"""

from __future__ import annotations

import inspect
import math
import sys
import threading
import time
import warnings
import weakref
from collections import deque
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Generic, Literal, NamedTuple, TypeVar, cast

from heirloom.reuse import _bounds
from heirloom.reuse._waiting import Signal

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

_NONE: Any = object()
# Who waits looks this often, in seconds, for objects that died or were lost meanwhile: the dying cannot take a lock.
_LOOK = 0.1


class PoolError(Exception):
    """What a pool cannot do, in one sentence."""


class PoolTimeoutError(PoolError, TimeoutError):
    """No object came free in time."""


class Lost(NamedTuple):
    """An object that was not returned."""

    acquired_at: str
    """File and line of who acquired it."""
    out_for: float
    """Seconds."""
    is_dead: bool
    """Whether nobody holds it any more; if not, it has just been out for too long."""


class PoolStats(NamedTuple):
    """A pool in numbers; those that count are since it was made."""

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


class _Lease(Generic[T]):
    """One object that is out."""

    __slots__ = ("at", "number", "object", "since")

    def __init__(self, number: int, obj: T, since: float, at: str, on_death: Callable[[Any], None]) -> None:
        self.number, self.since, self.at = number, since, at
        try:
            self.object: Callable[[], T | None] = weakref.ref(obj, on_death)
        except TypeError:
            self.object = lambda: obj


class Pool(Generic[T]):
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
        self._create, self._reset, self._is_valid, self._destroy = create, reset, is_valid, destroy
        self._max_size = math.inf if max_size is None else max_size
        self._max_idle = math.inf if max_idle is None else max_idle
        self._min_warm, self._idle_time, self._on_error = min_warm, idle_time, on_error
        self._lost_after, self._on_lost, self._timer = lost_after, on_lost, timer
        self._lock = threading.RLock()
        self._idle: deque[tuple[T, float]] = deque()
        self._line: deque[_Turn] = deque()
        # By identity: objects of a pool need be neither hashable nor comparable. In the order of lending.
        self._out: dict[int, _Lease[T]] = {}
        self._dead: deque[tuple[int, int]] = deque()
        self._lent = self._size = 0
        self._made = self._reused = self._waited = self._timed_out = self._invalid = 0
        self._discarded = self._reset_failed = self._expired = self._lost = 0
        for _ in range(min_warm):
            made = create()
            if inspect.isawaitable(made):
                cast("Any", made).close()
                raise TypeError("`min_warm` objects are made at once, which an async `create` cannot; leave it out")
            self._made, self._size = self._made + 1, self._size + 1
            self._idle.append((made, timer()))

    def acquire(self, timeout: float | None = None) -> T:
        """Take an object; wait for one at most ``timeout`` seconds when all are out. Give it to `release` afterwards."""
        return self._acquire(timeout, _caller())

    def _acquire(self, timeout: float | None, at: str) -> T:
        _bounds.at_least("timeout", timeout, 0)
        turn = self._ask()
        try:
            ends = None if timeout is None else time.monotonic() + timeout
            while not turn.signal.given:
                left = _LOOK if ends is None else min(_LOOK, ends - time.monotonic())
                turn.signal.wait(left)
                self.purge()
                if ends is not None and time.monotonic() >= ends:
                    break
            if not turn.signal.given:
                raise self._late(timeout)
            found = self._valid(turn)
            return self._lend(self._make(self._create()) if found is _NONE else found, turn, at)
        except BaseException:
            self._give_up(turn)
            raise

    async def acquire_async(self, timeout: float | None = None) -> T:
        """Do as `acquire` does, without blocking the event loop; ``create`` may be ``async``."""
        return await self._acquire_async(timeout, _caller())

    async def _acquire_async(self, timeout: float | None, at: str) -> T:
        _bounds.at_least("timeout", timeout, 0)
        turn = self._ask()
        try:
            ends = None if timeout is None else time.monotonic() + timeout
            while not turn.signal.given:
                left = _LOOK if ends is None else min(_LOOK, ends - time.monotonic())
                await turn.signal.wait_async(left)
                self.purge()
                if ends is not None and time.monotonic() >= ends:
                    break
            if not turn.signal.given:
                raise self._late(timeout)
            found = self._valid(turn)
            if found is _NONE:
                made: Any = self._create()
                found = self._make(await made if inspect.isawaitable(made) else made)
            return self._lend(found, turn, at)
        except BaseException:
            self._give_up(turn)
            raise

    def lend(self, timeout: float | None = None) -> Loan[T]:
        """Take an object for a ``with`` or an ``async with`` block."""
        return Loan(self, timeout, _caller())

    def release(self, obj: T) -> None:
        """Give an object back. When its reset raises, it is thrown away, and that is told as `PoolError`."""
        self._end_lease(obj)
        try:
            if self._reset is not None:
                self._reset(obj)
        except BaseException as error:
            with self._lock:
                self._reset_failed += 1
            self._throw_away(obj)
            if not isinstance(error, Exception):
                raise
            what = f"the reset of {_bounds.short(obj)} raised {type(error).__name__}: {error}"
            raise PoolError(f"{what}; the object was thrown away, and its place is free") from error
        self._put_back(obj)
        self.purge()

    def discard(self, obj: T) -> None:
        """Throw an object away instead of giving it back; its place is free for another."""
        self._end_lease(obj)
        with self._lock:
            self._discarded += 1
        self._throw_away(obj)

    def purge(self) -> None:
        """Let go of what was idle too long, and free the places of what was lost, now."""
        if not self._dead and self._idle_time is None and self._lost_after is None:
            return
        now = self._timer()
        over: list[T] = []
        with self._lock:
            if self._idle_time is not None:
                may_go = self._size - self._min_warm
                while len(over) < may_go and self._idle and self._idle[0][1] + self._idle_time <= now:
                    over.append(self._idle.popleft()[0])
                    self._expired += 1
            lost = self._find_lost(now)
        for _ in lost:
            self._free_place()
        with ExitStack() as calls:
            # All are thrown away and told, also when one of them raises.
            for one in lost:
                calls.callback(self._tell, one)
            for obj in over:
                calls.callback(self._throw_away, obj)

    def stats(self) -> PoolStats:
        """Return what the pool has counted."""
        self.purge()
        with self._lock:
            counts = self._made, self._reused, self._waited, self._timed_out, self._invalid, self._discarded
            return PoolStats(*counts, self._reset_failed, self._expired, self._lost, len(self._idle), self._size)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.stats()})"

    def _ask(self) -> _Turn:
        self.purge()
        turn = _Turn()
        with self._lock:
            if self._idle:
                turn.object, _ = self._idle.pop()
                turn.has_object = True
            elif self._size < self._max_size:
                self._size += 1
            else:
                self._waited += 1
                self._line.append(turn)
                return turn
        turn.signal.give()
        return turn

    def _valid(self, turn: _Turn) -> Any:
        """The first object that passes the check, of the one that was granted and the idle ones."""
        while turn.has_object:
            obj: T = turn.object
            try:
                good = self._is_valid is None or self._is_valid(obj)
            except Exception:
                good = False
            if good:
                with self._lock:
                    self._reused += 1
                return obj
            turn.object, turn.has_object = None, False
            self._destroyed(obj)
            with self._lock:
                self._invalid += 1
                if self._idle:
                    # Two places become one: that of the object which was no good is given up.
                    turn.object, _ = self._idle.pop()
                    turn.has_object, self._size = True, self._size - 1
        return _NONE

    def _make(self, obj: T) -> T:
        if inspect.isawaitable(obj):
            cast("Any", obj).close()
            raise TypeError("`create` is async; take objects of this pool with `acquire_async` or `async with`")
        with self._lock:
            self._made += 1
        return obj

    def _lend(self, obj: T, turn: _Turn, at: str) -> T:
        # An object that died may have stood at this very address.
        self.purge()
        dead = self._dead
        with self._lock:
            self._lent += 1
            number, name = self._lent, id(obj)
            self._out[name] = _Lease(number, obj, self._timer(), at, lambda _: dead.append((name, number)))
            turn.has_object, turn.object, turn.is_over = False, None, True
        return obj

    def _give_up(self, turn: _Turn) -> None:
        """Leave the line; what was granted meanwhile goes on to the next."""
        with self._lock:
            if turn in self._line:
                self._line.remove(turn)
                return
            if turn.is_over:
                return
            turn.is_over = True
        if turn.has_object:
            self._put_back(turn.object)
        else:
            self._free_place()

    def _late(self, timeout: float | None) -> PoolTimeoutError:
        with self._lock:
            self._timed_out += 1
        return PoolTimeoutError(f"no object came free within {timeout:g} s; all {self._size} are out")

    def _end_lease(self, obj: T) -> None:
        with self._lock:
            lease = self._out.get(id(obj))
            if lease is not None and lease.object() is obj:
                del self._out[id(obj)]
                return
            twice = any(idle is obj for idle, _ in self._idle)
        what = "was given back already" if twice else "is not lent by this pool, or was given up as lost"
        raise ValueError(f"{_bounds.short(obj)} {what}; give each object back once, to the pool it came from")

    def _put_back(self, obj: T) -> None:
        with self._lock:
            if self._line:
                turn = self._line.popleft()
                turn.object, turn.has_object = obj, True
            elif len(self._idle) < self._max_idle:
                self._idle.append((obj, self._timer()))
                return
            else:
                turn = None
                self._discarded += 1
        if turn is not None:
            turn.signal.give()
        else:
            self._throw_away(obj)

    def _free_place(self) -> None:
        with self._lock:
            if not self._line:
                self._size -= 1
                return
            turn = self._line.popleft()
        turn.signal.give()

    def _throw_away(self, obj: T) -> None:
        try:
            self._destroyed(obj)
        finally:
            self._free_place()

    def _destroyed(self, obj: T) -> None:
        if self._destroy is not None:
            self._destroy(obj)

    def _find_lost(self, now: float) -> list[Lost]:
        lost = []
        while self._dead:
            name, number = self._dead.popleft()
            lease = self._out.get(name)
            if lease is not None and lease.number == number:
                del self._out[name]
                lost.append(Lost(lease.at, now - lease.since, True))
        while self._lost_after is not None and self._out:
            name, lease = next(iter(self._out.items()))
            if lease.since + self._lost_after > now:
                break
            del self._out[name]
            lost.append(Lost(lease.at, now - lease.since, False))
        self._lost += len(lost)
        return lost

    def _tell(self, lost: Lost) -> None:
        if self._on_lost is not None:
            self._on_lost(lost)
            return
        why = "nobody holds it any more" if lost.is_dead else "it may still come back"
        what = f"an object acquired at {lost.acquired_at} was not returned for {lost.out_for:.1f} s ({why})"
        warnings.warn(f"{what}; its place in the pool was freed", ResourceWarning, stacklevel=3)


class _Turn:
    """A place in the line, and what it is given: an object, or a place to make one in."""

    __slots__ = ("has_object", "is_over", "object", "signal")

    def __init__(self) -> None:
        self.signal = Signal()
        self.object: Any = None
        self.has_object = self.is_over = False


class Loan(Generic[T]):
    """An object for the length of a block, sync or async; it goes back at the end."""

    __slots__ = ("_at", "_object", "_pool", "_timeout")

    def __init__(self, pool: Pool[T], timeout: float | None, at: str) -> None:
        self._pool, self._timeout, self._at = pool, timeout, at

    def __enter__(self) -> T:
        self._object = self._pool._acquire(self._timeout, self._at)
        return self._object

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        obj = self._object
        del self._object
        if kind is not None and self._pool._on_error == "discard":
            self._pool.discard(obj)
        else:
            self._pool.release(obj)

    async def __aenter__(self) -> T:
        self._object = await self._pool._acquire_async(self._timeout, self._at)
        return self._object

    async def __aexit__(self, kind: type[BaseException] | None, *error: object) -> None:
        self.__exit__(kind, *error)


def _caller() -> str:
    frame = sys._getframe(2)
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"
