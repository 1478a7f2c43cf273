"""Pickles for the codec ``pickle-5/1``: protocol 5, large buffers out of band.

Promises: every NumPy array of plain numbers leaves out of band, also one with strides, so that it comes back read-only.
Refuses: to unpickle; the compiled half does, when the MAC holds.
"""

from __future__ import annotations

import io
import pickle
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


class _ArrayPickler(pickle.Pickler):
    """Makes arrays contiguous, because NumPy pickles others in band, and so writeable."""

    def reducer_override(self, obj: Any) -> Any:
        """Reduce an array with strides as its contiguous copy."""
        numpy = sys.modules["numpy"]
        if type(obj) is numpy.ndarray and not obj.flags.forc and not obj.dtype.hasobject:
            return numpy.ascontiguousarray(obj).__reduce_ex__(5)
        return NotImplemented


def dumps(value: object, add: Callable[[pickle.PickleBuffer], Any]) -> bytes | memoryview:
    """Pickle a value; ``add`` takes each buffer."""
    if "numpy" not in sys.modules or (type(value) in (dict, list, tuple, str, bytes, int, float) and not value):
        return pickle.dumps(value, protocol=5, buffer_callback=add)
    stream = io.BytesIO()
    _ArrayPickler(stream, protocol=5, buffer_callback=add).dump(value)
    return stream.getbuffer()
