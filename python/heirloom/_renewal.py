"""How a cached call inside of a builder can be made again, to see whether its object comes out equal.

On the road: ``told`` when the inner call is made, ``again`` when the outer object is asked for and the inner one would be built
anew. What is told stands in the outer's record, under its MAC. Promises: 1. a call that is made again has the key that was
recorded, or it is not made; 2. large arguments are not written down. Refuses: arguments that choose their own key or that do
not count, which may be secrets; and builders that are tasks, which need their loop.
"""

from __future__ import annotations

import binascii
import pickle
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from heirloom._heirloom import Shelf

BYTES_MAX = 16_384
"""No call is told that takes more."""


class _NotToldError(Exception):
    """The call cannot be told."""


class _Short:
    """A file that refuses to grow beyond what is told."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.left = BYTES_MAX

    def write(self, part: bytes) -> int:
        size = len(part)
        self.left -= size
        if self.left < 0:
            raise _NotToldError
        self.parts.append(bytes(part))
        return size


class _Pickler(pickle.Pickler):
    def reducer_override(self, value: Any) -> Any:
        if hasattr(type(value), "__heirloom_key__"):
            raise _NotToldError
        return NotImplemented


def _inside(buffer: pickle.PickleBuffer) -> bool:
    """Keep a small array within the stream, and stop before a large one is copied."""
    with buffer.raw() as raw:
        if raw.nbytes > BYTES_MAX:
            raise _NotToldError
    return True


def told(args: tuple[Any, ...], kwargs: dict[str, Any] | None) -> str | None:
    """Tell a call; ``None`` when it cannot be told."""
    file = _Short()
    try:
        _Pickler(file, protocol=5, buffer_callback=_inside).dump((args, kwargs))
    except Exception:  # whatever an argument raises when it is pickled
        return None
    return binascii.b2a_base64(b"".join(file.parts), newline=False).decode()


def again(shelf: Shelf, key: bytes, call: str) -> bool:
    """Make a call again; say whether it still has its key and came to an object."""
    if shelf.function.__code__.co_flags & 0x80:
        return False
    try:
        args, kwargs = pickle.loads(binascii.a2b_base64(call))
        if not shelf.has_key(args, kwargs, key):
            return False
        shelf.get(args, kwargs, "get", None)
    except Exception:  # the builder's own error, or an argument that cannot be made again
        return False
    return True
