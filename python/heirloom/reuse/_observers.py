"""A set of observers that vanish by themselves.

Promises: 1. nobody is kept alive by being listed, bound methods included; 2. adding, removing, dying and notifying while
`notify` runs is safe: who is gone is not called any more, who is new is called from the next time on; 3. an error of one
observer does not stop the others. Refuses: a queue or a thread; `notify` calls in the order of adding, with no lock held.
"""

from __future__ import annotations

import threading
import warnings
import weakref
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from heirloom.errors import HeirloomWarning
from heirloom.reuse._bounds import no_reference

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[..., Any]")

_SWEEP_MIN = 32


class Notified(NamedTuple):
    """What one `notify` came to.

    >>> Observers().notify("nobody listens")
    Notified(called=0, errors=[])
    """

    called: int
    errors: list[Exception]
    """What observers raised, in the order of calling."""


class _Entry:
    __slots__ = ("listed", "observer")

    def __init__(self, observer: Callable[[], Any]) -> None:
        self.observer, self.listed = observer, True


class Watch:
    """Keeps an observer alive and listed; `stop`, the end of a ``with`` block, or dropping it ends that.

    >>> events = Observers()
    >>> with events.watch(lambda event: print("heard", event)):
    ...     events.notify("one").called
    heard one
    1
    >>> events.notify("two").called
    0
    """

    __slots__ = ("__weakref__", "_entry", "_observer", "_observers")

    def __init__(self, observers: Observers[Any], entry: _Entry, observer: Any) -> None:
        self._observers, self._entry, self._observer = weakref.ref(observers), entry, observer

    def stop(self) -> None:
        """End the watch."""
        self._observer = None
        if (observers := self._observers()) is not None:
            observers._take_out(lambda entry: entry is self._entry)

    def __enter__(self) -> Watch:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class Observers(Generic[F]):
    """Weakly held functions that are called of every event.

    ``on_error(observer, error)`` is told what an observer raised; without it, that is one warning each.

    >>> prices = Observers()
    >>> class Sum:
    ...     total = 0
    ...     def add(self, price):
    ...         self.total += price
    >>> sum = Sum()
    >>> prices.add(sum.add) and prices.notify(5).called, sum.total
    (1, 5)
    >>> del sum
    >>> prices.notify(6).called
    0
    """

    def __init__(self, on_error: Callable[[F, Exception], object] | None = None) -> None:
        self._lock = threading.RLock()
        self._on_error = on_error
        # Never changed, only replaced: a `notify` walks the one it found.
        self._entries: tuple[_Entry, ...] = ()
        self._sweep_at = _SWEEP_MIN

    def add(self, observer: F) -> F:
        """List an observer that is held elsewhere: a function, a bound method, a callable object.

        Added twice, it is called twice. A lambda or an inner function that nobody else holds is gone at once: `watch` it.

        >>> events = Observers()
        >>> _ = events.add(print)
        >>> events.notify("heard").called
        heard
        1
        """
        self._enter(observer)
        return observer

    def watch(self, observer: F) -> Watch:
        """List an observer for as long as the returned watch is held."""
        return Watch(self, self._enter(observer), observer)

    def remove(self, observer: F) -> bool:
        """Take an observer out, however often it was added; ``False`` when it was not there.

        >>> events = Observers()
        >>> events.remove(events.add(print)), events.remove(print)
        (True, False)
        """
        return self._take_out(lambda entry: bool(entry.observer() == observer))

    def notify(self, *args: Any, **kwargs: Any) -> Notified:
        """Call every observer that is listed now, on this thread; what they raise is collected and told at the end."""
        called, dead, errors = 0, False, []
        for entry in self._entries:
            if not entry.listed:
                continue
            observer = entry.observer()
            if observer is None:
                dead = True
                continue
            called += 1
            try:
                observer(*args, **kwargs)
            except Exception as error:
                errors.append((observer, error))
            del observer
        if dead:
            self._take_out(lambda entry: entry.observer() is None)
        for observer, raised in errors:
            if self._on_error is not None:
                self._on_error(observer, raised)
            else:
                what = f"the observer {observer!r} raised {type(raised).__name__}: {raised}"
                warnings.warn(f"{what}; the others were called", HeirloomWarning, stacklevel=2)
        return Notified(called, [raised for _, raised in errors])

    def __len__(self) -> int:
        return sum(entry.observer() is not None for entry in self._entries)

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self)} listed)"

    def _enter(self, observer: F) -> _Entry:
        if not callable(observer):
            raise TypeError(f"{observer!r} cannot observe, because it cannot be called; add a function or a bound method")
        entry = _Entry(_weakly(observer))
        with self._lock:
            entries = self._entries
            if len(entries) >= self._sweep_at:
                entries = tuple(one for one in entries if one.observer() is not None)
                self._sweep_at = max(_SWEEP_MIN, 2 * len(entries))
            self._entries = (*entries, entry)
        return entry

    def _take_out(self, is_it: Callable[[_Entry], bool]) -> bool:
        with self._lock:
            out = [entry for entry in self._entries if is_it(entry)]
            for entry in out:
                entry.listed = False
            self._entries = tuple(entry for entry in self._entries if entry.listed)
        return bool(out)


def _weakly(observer: Any) -> Callable[[], Any]:
    instance = getattr(observer, "__self__", None)
    try:
        if instance is not None and hasattr(observer, "__func__"):
            return weakref.WeakMethod(observer)
        return weakref.ref(observer)
    except TypeError:
        raise TypeError(no_reference("set of observers", observer if instance is None else instance)) from None
