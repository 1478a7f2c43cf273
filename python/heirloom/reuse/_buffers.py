"""A pool of bytes, in classes of size.

Promises: 1. a buffer begins at an address divisible by 64; 2. all its bytes are zero when it is lent, so no byte of the last
client can be read; 3. memory that somebody still sees (a view, a NumPy array) is never lent again. Refuses: growing; ask for
the size that is needed.
"""

from __future__ import annotations

import ctypes
import threading
from bisect import bisect_left
from typing import TYPE_CHECKING, NamedTuple

from heirloom.reuse import _bounds

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType

_ALIGNMENT = 64
# Above so many bytes zeroing is worth a call into C.
_LARGE = 64 * 1024


class BufferStats(NamedTuple):
    """One class of a buffer pool in numbers.

    >>> buffers = BufferPool([64])
    >>> buffers.lend(8).release()
    >>> buffers.stats()[0]
    BufferStats(size=64, made=1, reused=0, still_seen=0, idle=1)
    """

    size: int
    """Bytes of each buffer; 0 stands for those larger than every class, which are not kept."""
    made: int
    reused: int
    still_seen: int
    """Buffers that were let go on return, because somebody still saw their memory."""
    idle: int


class _Class:
    __slots__ = ("idle", "made", "reused", "size", "still_seen")

    def __init__(self, size: int) -> None:
        self.size, self.made, self.reused, self.still_seen = size, 0, 0, 0
        self.idle: list[tuple[bytearray, int]] = []


class BufferPool:
    """Lends buffers of zeros: writable memory for ``readinto``, NumPy and whatever takes a buffer.

    ``sizes`` are the classes in bytes; each keeps at most ``max_idle`` buffers. What was lent is zeroed on return.

    >>> buffers = BufferPool([4096, 65536])
    >>> with buffers.lend(1000) as page:
    ...     page[:5] = b"hello"
    ...     len(page)
    1000
    >>> with buffers.lend(4096) as page:
    ...     any(page)
    False
    """

    def __init__(self, sizes: Iterable[int], max_idle: int = 8) -> None:
        _bounds.at_least("max_idle", max_idle, 0)
        classes = sorted(set(sizes))
        for size in classes:
            _bounds.at_least("sizes", size, 1)
        if not classes:
            raise ValueError("`sizes` is empty; give at least one class of size in bytes")
        self._sizes, self._max_idle = classes, max_idle
        self._lock = threading.Lock()
        self._classes = [*map(_Class, classes), _Class(0)]
        self._zeros = memoryview(bytes(min(classes[-1], _LARGE)))

    def lend(self, length: int) -> Buffer:
        """Take a buffer of ``length`` zeros, for a ``with`` block or until its `release`."""
        _bounds.at_least("length", length, 0)
        kind = self._classes[bisect_left(self._sizes, length)]
        with self._lock:
            if kind.idle:
                kind.reused += 1
                memory, start = kind.idle.pop()
                return Buffer(self, kind, memory, start, length)
            kind.made += 1
        memory = bytearray((kind.size or length) + _ALIGNMENT - 1)
        start = -ctypes.addressof(ctypes.c_char.from_buffer(memory)) % _ALIGNMENT
        return Buffer(self, kind, memory, start, length)

    def stats(self) -> list[BufferStats]:
        """Return what each class has counted, the smallest first."""
        with self._lock:
            return [BufferStats(one.size, one.made, one.reused, one.still_seen, len(one.idle)) for one in self._classes]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._sizes})"

    def _take_back(self, kind: _Class, memory: bytearray, start: int, length: int) -> None:
        if kind.size == 0:
            return
        try:
            # A bytearray that anybody sees cannot change its length; this moves nothing.
            memory.append(memory.pop())
        except BufferError:
            with self._lock:
                kind.still_seen += 1
            return
        if length > _LARGE:
            # Half the traffic of copying zeros; nobody else sees this memory now.
            ctypes.memset(ctypes.byref(ctypes.c_char.from_buffer(memory, start)), 0, length)
        else:
            with memoryview(memory) as view:
                view[start : start + length] = self._zeros[:length]
        with self._lock:
            if len(kind.idle) < self._max_idle:
                kind.idle.append((memory, start))


class Buffer:
    """A buffer on loan; `view` is its memory until it goes back.

    >>> import io
    >>> page = BufferPool([64]).lend(4)
    >>> io.BytesIO(b"heirloom").readinto(page.view), bytes(page.view)
    (4, b'heir')
    >>> page.release()
    """

    __slots__ = ("_kind", "_memory", "_pool", "_start", "_view")

    def __init__(self, pool: BufferPool, kind: _Class, memory: bytearray, start: int, length: int) -> None:
        self._pool, self._kind, self._memory, self._start = pool, kind, memory, start
        self._view = memoryview(memory)[start : start + length]

    @property
    def view(self) -> memoryview:
        """The memory, writable."""
        return self._view

    def release(self) -> None:
        """Give the memory back, zeroed. What somebody still sees is left to them, as it is, and not lent again."""
        if self._memory is None:
            raise ValueError(f"{self!r} was given back already; give each buffer back once")
        memory, self._memory = self._memory, None  # type: ignore[assignment]
        length = len(self._view)
        try:
            self._view.release()
        except BufferError:
            pass  # an array stands on it; the pool will see that
        self._pool._take_back(self._kind, memory, self._start, length)

    def __enter__(self) -> memoryview:
        return self._view

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.release()

    def __repr__(self) -> str:
        return f"Buffer of {self._kind.size or 'its own size'}"
