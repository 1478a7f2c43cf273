"""Says what counts of a value: a structure of built-in values, with references to the nodes of code in it.

Promises: 1. values that code can tell apart have different structures; 2. sets have no order, dicts have one; 3. what
nobody can look into (a lock, a logger, an open file) counts by its type. Refuses: calling what it describes; only the
ways in which Python itself copies objects are used.
"""

from __future__ import annotations

import contextvars
import enum
import functools
import io
import os
import re
import sys
import types
import weakref
from typing import TYPE_CHECKING, Any

from heirloom import _heirloom
from heirloom._closure import origin, surroundings
from heirloom._closure.foreign import describe_foreign
from heirloom._closure.instances import describe_instance

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from heirloom._closure.walker import Walker

    Adapter = Callable[[Walker, Any, str], Any]

ATOMS: tuple[type, ...] = (type(None), bool, int, float, complex, str, bytes, type(...), type(NotImplemented))
MACHINERY = frozenset({
    "threading", "_thread", "queue", "_queue", "asyncio", "concurrent", "multiprocessing", "logging", "socket", "_socket",
    "ssl", "subprocess", "io", "_io", "selectors", "select", "sched", "tempfile", "sqlite3", "weakref", "_weakref",
    "loguru", "structlog",
})  # fmt: skip
"""Python's own modules, and packages, whose objects tell of what is going on, not of what is computed."""
_UNSEEDED = MACHINERY | {"random", "_random", "secrets"}
"""The same, and generators of random numbers, whose methods are used without anybody having seeded them for this."""
_LARGE = 64
"""From this many elements on, a container of atoms is digested at once."""
_ADDRESS = re.compile(r"(?<![\w.])(?:0x[0-9a-f]{9,16}|[1-9]\d{11,14})(?![\w.])")
_OPAQUE = (
    types.GeneratorType, types.CoroutineType, types.AsyncGeneratorType, types.FrameType, types.TracebackType,
    weakref.WeakKeyDictionary, weakref.WeakValueDictionary, weakref.WeakSet,
)  # fmt: skip


def within(root: str | None, text: str) -> str:
    """Say where a path leads from the project's folder, so that the folder itself can move."""
    if root is None or not text.startswith(root):
        return text
    rest = text[len(root) :]
    return f"<project>{rest}" if not rest or rest.startswith("/") else text


def _text(walker: Walker, text: str) -> str:
    """Say what a text tells: an address of what is described tells nothing, it is another one in each process."""
    if len(text) >= 12:
        text = _ADDRESS.sub(lambda found: "<address>" if walker.is_known(int(found[0], 0)) else found[0], text)
    return within(walker.root, text)


def is_plain(value: Any) -> bool:
    """Whether a value is data, and no function, class or module, which have names of their own."""
    named = (type, types.ModuleType, types.FunctionType, _heirloom.Call)
    return not (isinstance(value, named) or (callable(value) and _is_builtin(value)))


def describe(walker: Walker, value: Any, needed_by: str) -> Any:
    """Say what counts of a value."""
    cls = type(value)
    if cls in ATOMS:
        return _text(walker, value) if cls is str else value
    if any(value is outer for outer in walker.inside):
        return ("again", next(at for at, outer in enumerate(walker.inside) if outer is value))
    if (known := _met(walker, value, cls)) is not None:
        return ("shared", known)
    if (table := _live(walker, value)) is not None:
        return table
    walker.inside.append(value)
    try:
        return (_KINDS.get(cls) or _kind(value, cls))(walker, value, needed_by)
    except RecursionError:
        # Where the stack ended is chance: only the outermost value has a description that is always the same.
        if len(walker.inside) > 1:
            raise
        return _opaque(walker, value, needed_by)
    except Exception:  # whatever an object raises when it is asked: it counts by its type
        return _opaque(walker, value, needed_by)
    finally:
        walker.inside.pop()
        if not walker.inside:
            walker.met_within.clear()


def _live(walker: Walker, value: Any) -> Any:
    """Tell Python's own tables, whatever the project calls them: what is read of them is recorded when it is read."""
    if value is sys.argv:
        walker.watched.append(("list", value, tuple(value)))
        return ("argv", [str(word) for word in sys.argv[1:]])
    own = (os.environ, getattr(os, "environb", os.environ), sys.modules, sys.path, sys.meta_path, sys.path_hooks)
    return ("live", type(value).__qualname__) if any(value is one for one in own) else None


def _met(walker: Walker, value: Any, cls: type) -> int | None:
    """Number a value that can change in place; the number, when it was met before within the same outermost value."""
    if cls not in _IN_PLACE and (cls in _KINDS or not hasattr(value, "__dict__") or isinstance(value, type)):
        return None
    known = walker.met_within.get(id(value))
    if known is None:
        # Held, so that its address is not another's.
        walker.met_within[id(value)] = (len(walker.met_within), value)
        return None
    return known[0]


_IN_PLACE = frozenset({list, dict, set})


def _kind(value: Any, cls: type) -> Adapter:
    if isinstance(value, type):
        from heirloom._closure.classes import describe_class

        return describe_class
    if isinstance(value, types.ModuleType):
        return _module
    if isinstance(value, _heirloom.Call):
        return _cached
    if _is_builtin(value):
        return _builtin
    if isinstance(value, enum.Enum):
        return _enum
    if cls.__module__ == "_struct" and cls.__name__ == "Struct":
        return _layout
    if cls.__module__ == "_hashlib" and hasattr(value, "hexdigest"):
        return _hash
    if any(base.__module__ == "unittest.mock" for base in cls.__mro__):
        return _mock
    if isinstance(value, _OPAQUE) or cls.__module__.partition(".")[0] in MACHINERY:
        return _opaque
    if origin.of_module(cls.__module__) == origin.PROJECT:
        return describe_instance
    return _wrapper if "__wrapped__" in getattr(value, "__dict__", ()) else describe_foreign


def _is_builtin(value: Any) -> bool:
    return isinstance(value, (types.BuiltinFunctionType, types.MethodDescriptorType, types.WrapperDescriptorType)) or (
        type(value).__name__ in ("ufunc", "cython_function_or_method", "fused_cython_function", "getset_descriptor")
    )


def _sequence(walker: Walker, value: Any, needed_by: str) -> Any:
    cls = type(value)
    if cls is list:
        walker.watched.append(("list", value, tuple(value)))
    if len(value) >= _LARGE and _atoms(value):
        return (cls.__name__, _heirloom.digest("elements", value))
    return (cls.__name__, [describe(walker, element, needed_by) for element in tuple(value)])


def _set(walker: Walker, value: Any, needed_by: str) -> Any:
    if type(value) is set:
        walker.watched.append(("set", value, tuple(value)))
    elements = (_heirloom.digest("element", describe(walker, element, needed_by)) for element in tuple(value))
    return (type(value).__name__, sorted(elements))


def _dict(walker: Walker, value: Any, needed_by: str) -> Any:
    walker.watched.append(("dict", value, dict(value)))
    if len(value) >= _LARGE and "PATH" not in value and _atoms(value) and _atoms(value.values()):
        return ("dict", _heirloom.digest("elements", dict(value)))
    items = list(value.items())
    if "PATH" in value and value["PATH"] == os.environ.get("PATH"):
        # A copy of the environment.
        from heirloom._recording._watch import NOISE

        items = [(key, one) for key, one in items if key not in NOISE or one != os.environ.get(key)]
    return ("dict", [(describe(walker, key, needed_by), describe(walker, one, needed_by)) for key, one in items])


def _atoms(values: Iterable[Any]) -> bool:
    return all(type(value) in ATOMS for value in values)


def _function(walker: Walker, value: Any, needed_by: str) -> Any:
    return walker.function(value, needed_by)


def _module(walker: Walker, value: Any, needed_by: str) -> Any:
    return walker.bind_module(value, needed_by)


def _cached(walker: Walker, value: Any, needed_by: str) -> Any:
    # What it makes is recorded as an object, and checked as one.
    return ("cached", value.declaration.name)


def _builtin(walker: Walker, value: Any, needed_by: str) -> Any:
    module = getattr(value, "__module__", None) or getattr(getattr(value, "__objclass__", None), "__module__", None)
    name = getattr(value, "__qualname__", None) or getattr(value, "__name__", "?")
    owner = getattr(value, "__self__", None)
    if module in sys.modules and owner is sys.modules[module]:
        owner = None
    walker.met.add((f"{module}.{name}", needed_by))
    if isinstance(module, str) and module not in ("builtins", ""):
        walker.extension(module, needed_by)
        if origin.of_module(module) == origin.PYTHON:
            surroundings.take_in(walker, f"{module}.{name}", needed_by)
    if owner is not None and type(owner).__module__.partition(".")[0] in _UNSEEDED:
        # Such as Python's own generator of random numbers: nobody seeded it for this.
        walker.met.add((f"{type(owner).__module__}.{name}", needed_by))
        return ("bound", name, type(owner).__qualname__)
    if owner is None or isinstance(owner, types.ModuleType):
        return ("builtin", module, name)
    return ("bound", name, describe(walker, owner, needed_by))


def _method(walker: Walker, value: Any, needed_by: str) -> Any:
    return ("method", describe(walker, value.__func__, needed_by), describe(walker, value.__self__, needed_by))


def _partial(walker: Walker, value: Any, needed_by: str) -> Any:
    parts = (value.func, value.args, value.keywords)
    return ("partial", [describe(walker, part, needed_by) for part in parts])


def _property(walker: Walker, value: Any, needed_by: str) -> Any:
    return ("property", [describe(walker, part, needed_by) for part in (value.fget, value.fset, value.fdel)])


def _holder(walker: Walker, value: Any, needed_by: str) -> Any:
    return (type(value).__name__, describe(walker, value.__func__, needed_by))


def _cached_property(walker: Walker, value: Any, needed_by: str) -> Any:
    return ("cached_property", describe(walker, value.func, needed_by))


def _wrapper(walker: Walker, value: Any, needed_by: str) -> Any:
    """Describe what a decorator of another library or of Python's own made, such as ``functools.lru_cache``."""
    chosen = getattr(value, "cache_parameters", None)
    chosen = chosen() if chosen is not None and origin.of_module(type(value).__module__) == origin.PYTHON else None
    own = ("wrapper", type(value).__qualname__, describe(walker, chosen, needed_by))
    return (*own, describe(walker, value.__wrapped__, needed_by))


def _pattern(walker: Walker, value: Any, needed_by: str) -> Any:
    return ("pattern", value.pattern, value.flags)


def _opaque(walker: Walker, value: Any, needed_by: str) -> Any:
    return ("opaque", type(value).__module__, type(value).__qualname__)


def _enum(walker: Walker, value: Any, needed_by: str) -> Any:
    own = value.__dict__
    walker.watched.append(("dict", own, dict(own)))
    added = {key: one for key, one in own.items() if not (key.startswith("_") and key.endswith("_"))}
    if added:
        return ("member", describe(walker, type(value), needed_by), str(value), describe(walker, added, needed_by))
    return ("member", describe(walker, type(value), needed_by), value.name or int(value.value))




def _view(walker: Walker, value: Any, needed_by: str) -> Any:
    walker.watched.append(("asked", value.tobytes, value.tobytes()))
    return ("memoryview", value.format, list(value.shape or ()), value.tobytes())


def _layout(walker: Walker, value: Any, needed_by: str) -> Any:
    return ("struct", value.format)


def _present(variable: contextvars.ContextVar[Any]) -> Any:
    """Look at a variable as code does that asks without a default of its own."""
    try:
        return variable.get()
    except LookupError:
        return None


def _variable(walker: Walker, value: Any, needed_by: str) -> Any:
    now = _present(value)
    walker.watched.append(("asked", functools.partial(_present, value), now))
    return ("variable", value.name, describe(walker, now, needed_by))


def _proxy(walker: Walker, value: Any, needed_by: str) -> Any:
    items = dict(value)
    walker.watched.append(("asked", functools.partial(dict, value), items))
    return ("mappingproxy", [(describe(walker, key, needed_by), describe(walker, one, needed_by)) for key, one in items.items()])


def _leads_to(reference: Any) -> int:
    return id(reference())


def _reference(walker: Walker, value: Any, needed_by: str) -> Any:
    walker.watched.append(("asked", functools.partial(_leads_to, value), id(value())))
    return ("reference", describe(walker, value(), needed_by))


def _weak_proxy(walker: Walker, value: Any, needed_by: str) -> Any:
    try:
        # A bound method tells whom it belongs to, behind the proxy.
        behind = value.__reduce_ex__.__self__
    except ReferenceError:
        return ("reference", None)
    return ("reference", describe(walker, behind, needed_by))


def _union(walker: Walker, value: Any, needed_by: str) -> Any:
    return ("types", [describe(walker, one, needed_by) for one in value.__args__])


def _generic(walker: Walker, value: Any, needed_by: str) -> Any:
    return ("generic", [describe(walker, one, needed_by) for one in (value.__origin__, *value.__args__)])


def _code(walker: Walker, value: Any, needed_by: str) -> Any:
    from heirloom._closure.reading import read

    facts = read(value)
    walker.take_code(value)
    walker.mention(facts.mentions | {chain[0] for chain in facts.chains})
    return ("code", facts.digest)


def _stream(walker: Walker, value: Any, needed_by: str) -> Any:
    walker.watched.append(("asked", functools.partial(_standing, value), _standing(value)))
    return ("stream", type(value).__name__, *_standing(value))


def _standing(stream: Any) -> tuple[Any, ...]:
    return (None, None) if stream.closed else (stream.getvalue(), stream.tell())


def _items(walker: Walker, value: Any, needed_by: str) -> Any:
    walker.watched.append(("asked", functools.partial(list, value), list(value)))
    return (type(value).__name__, [describe(walker, one, needed_by) for one in list(value)])


def _match(walker: Walker, value: Any, needed_by: str) -> Any:
    return ("match", value.string, describe(walker, value.re, needed_by), [list(pair) for pair in value.regs])


def _mocked(value: Any) -> tuple[Any, Any]:
    """Look at a stand-in of a test without asking it: to be asked makes it another one."""
    own = vars(value)
    return own.get("_mock_return_value"), own.get("_mock_side_effect")


def _mock(walker: Walker, value: Any, needed_by: str) -> Any:
    walker.watched.append(("asked", functools.partial(_mocked, value), _mocked(value)))
    return ("mock", [describe(walker, one, needed_by) for one in _mocked(value)])


def _hash(walker: Walker, value: Any, needed_by: str) -> Any:
    walker.watched.append(("asked", value.hexdigest, value.hexdigest()))
    return ("hash", value.name, value.hexdigest())


def _array_key(walker: Walker, value: Any, needed_by: str) -> Any:
    return value


_KINDS: dict[type, Adapter] = {
    list: _sequence,
    tuple: _sequence,
    set: _set,
    frozenset: _set,
    dict: _dict,
    types.MappingProxyType: _proxy,
    memoryview: _view,
    contextvars.ContextVar: _variable,
    types.FunctionType: _function,
    types.MethodType: _method,
    functools.partial: _partial,
    functools.partialmethod: _partial,
    property: _property,
    staticmethod: _holder,
    classmethod: _holder,
    functools.cached_property: _cached_property,
    re.Pattern: _pattern,
    re.Match: _match,
    types.CodeType: _code,
    io.StringIO: _stream,
    io.BytesIO: _stream,
    type({}.keys()): _items,
    type({}.values()): _items,
    type({}.items()): _items,
    types.UnionType: _union,
    types.GenericAlias: _generic,
    weakref.ReferenceType: _reference,
    weakref.ProxyType: _weak_proxy,
    weakref.CallableProxyType: _weak_proxy,
    _heirloom.ArrayKey: _array_key,
}
