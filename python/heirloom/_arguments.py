"""Keys of arguments that are not built into Python's core: what ``encode.rs`` asks once for each such value.

Promises: 1. the answer is made of built-in values and says what a builder can see of the object; 2. an array counts by
dtype, shape and content, a table also by its index and column names. Refuses: to guess; what it does not know it
answers with ``None``, and the caller gets a ``TypeError``.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from heirloom._heirloom import ArrayKey

if TYPE_CHECKING:
    from collections.abc import Callable

Reduced = tuple[str, str, Any] | None
"""The kind of value (a word of ``encode.rs``), the name of its type, and its parts."""


def reduce(value: Any) -> Reduced:
    """Say what counts of a value."""
    cls = type(value)
    own = None if isinstance(value, type) else getattr(cls, "__heirloom_key__", None)
    if own is not None:
        return _own(cls, own(value))
    if value is Ellipsis or value is NotImplemented:
        return "unit", repr(value), None
    if isinstance(value, type):
        # A local class is another one at each run of its function.
        return None if "<locals>" in value.__qualname__ else ("newtype", "type", name(value))
    for known in cls.__mro__[:-1]:
        if (adapter := _ADAPTERS.get(f"{known.__module__}.{known.__qualname__}")) is not None:
            return adapter(value)
    if hasattr(cls, "__dataclass_fields__"):
        from dataclasses import fields

        return "record", name(cls), {field.name: getattr(value, field.name) for field in fields(value)}
    if issubclass(cls, tuple) and hasattr(cls, "_fields"):
        return "tuple", name(cls), tuple(value)
    return None


def name(cls: type) -> str:
    """Name a class as a key does: with its module, unless it has none."""
    return f"{cls.__module__}.{cls.__qualname__}" if cls.__module__ else cls.__qualname__


def _own(cls: type, key: Any) -> Reduced:
    if isinstance(key, bytes):
        return "opaque", name(cls), key
    return "newtype", name(cls), key


def _enum(value: Any) -> Reduced:
    cls = type(value)
    member = value._name_
    # A combination of flags has no member's name everywhere; its number says the same.
    if member is None or "|" in member:
        return "newtype", name(cls), value._value_
    return "variant", name(cls), member


def _path(value: Any) -> Reduced:
    # The module is private in some versions of Python.
    return "newtype", f"pathlib.{type(value).__name__}", str(value)


def _moment(value: Any) -> Reduced:
    zone = getattr(value, "tzinfo", None)
    parts = (value.isoformat(), getattr(value, "fold", 0), None if zone is None else (name(type(zone)), str(zone)))
    return "tuple", name(type(value)), parts


def _timedelta(value: Any) -> Reduced:
    return "tuple", name(type(value)), (value.days, value.seconds, value.microseconds)


def _by(parts: Callable[[Any], Any]) -> Callable[[Any], Reduced]:
    return lambda value: ("newtype", name(type(value)), parts(value))


def _exactly(dotted: str, adapter: Callable[[Any], Reduced]) -> Callable[[Any], Reduced]:
    """Refuse subclasses, which may hold more than we see."""
    return lambda value: adapter(value) if name(type(value)) == dotted else None


def _array(value: Any) -> Reduced:
    if value.dtype.hasobject:
        return "tuple", "numpy.ndarray", (str(value.dtype), value.shape, value.ravel().tolist())
    return "array", "", _array_key(value)


def _array_key(value: Any) -> ArrayKey:
    numpy = sys.modules["numpy"]
    flat = numpy.ascontiguousarray(value).reshape(-1)
    buffer = flat.view(numpy.uint8) if flat.size and flat.dtype.itemsize else b""
    dtype = str(value.dtype.descr) if value.dtype.names else value.dtype.str
    return ArrayKey(dtype, value.shape, buffer)


def _scalar(value: Any) -> Reduced:
    return None if value.dtype.hasobject else ("newtype", "numpy.generic", _array_key(value))


def _frame(value: Any) -> Reduced:
    columns = [_column(value.iloc[:, at]) for at in range(value.shape[1])]
    parts = {"columns": value.columns, "index": value.index, "content": columns, "attrs": dict(value.attrs)}
    return "record", "pandas.DataFrame", parts


def _series(value: Any) -> Reduced:
    parts = {"name": value.name, "index": value.index, "content": _column(value), "attrs": dict(value.attrs)}
    return "record", "pandas.Series", parts


def _index(value: Any) -> Reduced:
    cls = name(type(value))
    if hasattr(value, "levels"):
        parts = {"names": list(value.names), "levels": list(value.levels), "codes": [_plain(c) for c in value.codes]}
        return "record", cls, parts
    if hasattr(value, "step") and hasattr(value, "start"):
        return "tuple", cls, (value.name, value.start, value.stop, value.step)
    return "record", cls, {"name": value.name, "content": _column(value), "freq": str(getattr(value, "freq", None))}


def _plain(codes: Any) -> Any:
    return sys.modules["numpy"].asarray(codes)


def _column(value: Any) -> Any:
    """Say the type and content of one column; strings as text, so that how they are kept does not count."""
    numpy, dtype = sys.modules["numpy"], value.dtype
    if isinstance(dtype, numpy.dtype) and not dtype.hasobject:
        return str(dtype), value.to_numpy()
    if str(dtype) == "category":
        categories = value.cat if hasattr(value, "cat") else value
        return "category", categories.ordered, categories.categories, _plain(categories.codes)
    return str(dtype), [None if missing else item for item, missing in zip(value.array, value.isna(), strict=True)]


def _arrow_table(value: Any) -> Reduced:
    schema = value.schema.serialize().to_pybytes()
    chunks = [[_arrow_array(chunk) for chunk in column.chunks] for column in value.combine_chunks().columns]
    return "tuple", "pyarrow.Table", (schema, value.num_rows, chunks)


def _arrow_array(value: Any) -> Any:
    import pyarrow

    sink = pyarrow.BufferOutputStream()
    # A copy without what lies outside of a slice, and without the nulls' leftovers.
    batch = pyarrow.record_batch([pyarrow.concat_arrays([value])], names=["content"])
    with pyarrow.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    buffer = sink.getvalue()
    return ArrayKey(str(value.type), (len(value),), buffer)


_ADAPTERS: dict[str, Callable[[Any], Reduced]] = {
    "enum.Enum": _enum,
    "pathlib.PurePath": _path,
    "pathlib._local.PurePath": _path,
    "datetime.datetime": _moment,
    "datetime.time": _moment,
    "datetime.date": _moment,
    "datetime.timedelta": _timedelta,
    "builtins.bytearray": _exactly("builtins.bytearray", _by(bytes)),
    "builtins.complex": _exactly("builtins.complex", lambda v: ("tuple", "builtins.complex", (v.real, v.imag))),
    "builtins.range": lambda v: ("tuple", "builtins.range", (v.start, v.stop, v.step)),
    "builtins.slice": lambda v: ("tuple", "builtins.slice", (v.start, v.stop, v.step)),
    "collections.OrderedDict": _exactly("collections.OrderedDict", _by(dict)),
    "decimal.Decimal": _exactly("decimal.Decimal", _by(str)),
    "fractions.Fraction": _exactly("fractions.Fraction", _by(str)),
    "uuid.UUID": _by(str),
    "numpy.ndarray": lambda v: _array(v) if name(type(v)) in ("numpy.ndarray", "numpy.memmap") else None,
    "numpy.generic": _scalar,
    "pandas.core.frame.DataFrame": _frame,
    "pandas.core.series.Series": _series,
    "pandas.core.indexes.base.Index": _index,
    "pandas.DataFrame": _frame,
    "pandas.Series": _series,
    "pandas.Index": _index,
    "pyarrow.lib.Table": _arrow_table,
}
"""By the name of a class in a value's line of ancestors; the nearest counts."""
