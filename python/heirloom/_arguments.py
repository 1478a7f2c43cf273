"""Keys of arguments that are not built into Python's core: what ``encode.rs`` asks once for each such value.

Promises: 1. the answer is made of built-in values and says what a builder can see of the object; 2. an array counts by
dtype, shape, order in memory and content, a table also by its index and column names; 3. any other object counts by what
Python itself would copy of it, a function by its code. Refuses: what cannot be copied (a lock, a file, a generator): it
answers with ``None``, and the caller gets a ``TypeError``.
"""

from __future__ import annotations

import copyreg
import operator
import sys
from types import FunctionType
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from heirloom import _heirloom
from heirloom._heirloom import ArrayKey

if TYPE_CHECKING:
    from collections.abc import Callable

Reduced = tuple[str, str, Any] | None
"""The kind of value (a word of ``encode.rs``), the name of its type, and its parts."""


def reduce(value: Any) -> Reduced:
    """Say what counts of a value of a known kind, without any code; ``None`` of others."""
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

        # A field without a value is missing from its object until it is set.
        present = [field.name for field in fields(value) if hasattr(value, field.name)]
        return "record", name(cls), {field: getattr(value, field) for field in present}
    if issubclass(cls, tuple) and hasattr(cls, "_fields"):
        return "tuple", name(cls), tuple(value)
    return None


def argument(value: Any, code: bool) -> Reduced:
    """Say what counts of any argument; with ``code``, that of functions and of the project's classes counts too."""
    if isinstance(value, type):
        return _class(value, code)
    if isinstance(value, (FunctionType, _heirloom.Call, _heirloom.LruCache)):
        return _function(value, code)
    known = reduce(value)
    if known is None:
        return _object(value, code)
    kind, named, parts = known
    if kind == "array" or not code or hasattr(type(value), "__heirloom_key__"):
        return known
    return kind, _coded(type(value), named, code), parts


def _class(value: type, code: bool) -> Reduced:
    if "<locals>" in value.__qualname__:
        # A local class is another one at each run of its function, but its code is the same.
        return "newtype", "type", (name(value), _code(value))
    return "newtype", "type", _coded(value, name(value), code)


def _function(value: Any, code: bool) -> Reduced:
    named = f"{value.__module__}.{value.__qualname__}"
    if not code and "<" not in named:
        return "newtype", "function", named
    return "newtype", "function", (named, _code(value))


def _object(value: Any, code: bool) -> Reduced:
    """Say what Python itself would copy of an object; refuse what it cannot copy."""
    cls = type(value)
    try:
        special = copyreg.dispatch_table.get(cls)
        copied = value.__reduce_ex__(4) if special is None else special(value)
    except Exception:  # locks, files, generators: whatever they raise, there is no key of them
        return None
    named = _coded(cls, name(cls), code)
    if isinstance(copied, str):
        return "newtype", named, (getattr(value, "__module__", None), copied)
    reduced: tuple[Any, ...] = (*copied, None, None, None)
    make, args, state, items, pairs = reduced[:5]
    if make is copyreg.__newobj__ and args and args[0] is cls:  # type: ignore[attr-defined]
        make, args = None, args[1:]
    elif make is not cls:
        make = f"{make.__module__}.{make.__qualname__}"
    else:
        make = None
    parts = (make, tuple(args), _state(state), None if items is None else list(items), None if pairs is None else list(pairs))
    return "tuple", named, parts


def _state(state: Any) -> Any:
    """Leave out the order in which attributes were set."""
    if isinstance(state, tuple):
        return tuple(map(_state, state))
    if type(state) is dict and all(type(key) is str for key in state):
        return tuple(sorted(state.items(), key=operator.itemgetter(0)))
    return state


def _coded(cls: type, named: str, code: bool) -> str:
    """Add the code of a class to its name, when it is of the project."""
    if not code or _origin(cls.__module__) != "project":
        return named
    return f"{named}#{_code(cls).hex()[:32]}"


def _origin(module: str) -> str:
    if module in ("builtins", "__builtin__"):
        return "python"
    from heirloom._closure import origin

    return "project" if origin.of_module(module) == origin.PROJECT else "other"


_SILENT = frozenset({
    "__dict__", "__weakref__", "__doc__", "__module__", "__annotations__", "__firstlineno__", "__slots__",
    "__slotnames__", "__annotations_cache__",
})  # fmt: skip
"""Members of a class that say nothing; the last two are put there by Python itself when somebody asks."""
_codes: WeakKeyDictionary[Any, tuple[Any, bytes]] = WeakKeyDictionary()


def _code(value: Any) -> bytes:
    """Digest the code that a function or class can reach; looked at again when one of its own pieces was exchanged."""
    from heirloom._closure.closure import Closure

    look = _pieces(value)
    known = _codes.get(value)
    if known is not None and len(known[0]) == len(look) and all(map(operator.is_, known[0], look)):
        return known[1]
    # Of a class that it meets the walk takes in what is mentioned; a builder may call anything of its arguments.
    closure = Closure([value, *look[1::3]])
    content = _heirloom.digest("code", (look[::3], closure.roots, [(name, content) for name, content, _ in closure.pieces()]))
    if look:
        _codes[value] = look, content
    return content


def _pieces(value: Any) -> list[Any]:
    if not isinstance(value, type):
        # The values of its cells may change in place: a function is looked at each time.
        return []
    found: list[Any] = []
    for cls in value.__mro__[:-1]:
        if _origin(cls.__module__) != "project":
            continue
        for name, piece in vars(cls).items():
            if name in _SILENT:
                continue
            function = getattr(piece, "__func__", piece)
            found += (name, piece, getattr(function, "__code__", None))
    return found


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
    """Refuse subclasses, which may hold more than we see, such as the nanoseconds of pandas."""
    return lambda value: adapter(value) if name(type(value)) == dotted else None


def _array(value: Any) -> Reduced:
    if value.dtype.hasobject:
        return "tuple", "numpy.ndarray", (str(value.dtype), value.shape, _memory_order(value), value.ravel().tolist())
    order = _memory_order(value)
    return ("array", "", _array_key(value)) if order is None else ("tuple", "numpy.ndarray", (order, _array_key(value)))


def _memory_order(value: Any) -> tuple[int, ...] | None:
    """Tell the axes from the longest stride to the shortest, which ``ravel("K")`` shows; ``None`` for the usual order."""
    wide = [axis for axis in range(value.ndim) if value.shape[axis] > 1]
    order = sorted(wide, key=lambda axis: -abs(value.strides[axis]))
    return None if order == wide or value.size == 0 else tuple(order)


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
    if isinstance(dtype, numpy.dtype):
        return str(dtype), list(value.array)
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


def _tensor(value: Any) -> Reduced:
    """A dense tensor of torch by its content; torch itself would write the address of its memory into a copy."""
    torch = sys.modules["torch"]
    if value.layout is not torch.strided or value.is_quantized or value.device.type == "meta":
        return None
    flat = value.detach().resolve_conj().resolve_neg().cpu().contiguous().reshape(-1).view(torch.uint8).numpy()
    content = ArrayKey(str(value.dtype), tuple(value.shape), flat)
    return "tuple", name(type(value)), (str(value.device), value.requires_grad, content)


_ADAPTERS: dict[str, Callable[[Any], Reduced]] = {
    "enum.Enum": _enum,
    "pathlib.PurePath": _path,
    "pathlib._local.PurePath": _path,
    "datetime.datetime": _moment,
    "datetime.time": _moment,
    "datetime.date": _moment,
    "datetime.timedelta": _exactly("datetime.timedelta", _timedelta),
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
    "torch.Tensor": _tensor,
}
"""By the name of a class in a value's line of ancestors; the nearest counts."""
