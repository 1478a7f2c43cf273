"""What counts of a function's code, at the levels ``manual`` and ``function``.

Promises: 1. line numbers, comments, docstrings, annotations and layout do not count; names, constants, defaults and the
values of closure cells do, and so does the code of functions that are written inside; 2. what counts is the function
itself, not what it calls. Refuses: to see into closure cells of unknown types; their type counts.
"""

from __future__ import annotations

from types import CodeType, FunctionType
from typing import Any

from heirloom._heirloom import digest

_SILENT = frozenset({"CACHE", "EXTENDED_ARG", "NOP", "RESUME", "PRECALL"})
"""Instructions that come and go with the interpreter's mood and the numbering of constants."""


def parts(function: FunctionType, level: str, choice: object) -> list[tuple[str, bytes, str | None]]:
    """List the pieces of code that count: name, digest, place."""
    place = f"{function.__code__.co_filename}:{function.__code__.co_firstlineno}"
    found: list[tuple[str, bytes, str | None]] = []
    if choice is not None:
        chosen = _function(choice) if isinstance(choice, FunctionType) else choice
        found.append(("what is in the key", digest("key", chosen), None))
    if level == "function":
        found.append((function.__qualname__, digest("function", _function(function)), place))
    return found


def _function(function: FunctionType, inside: tuple[FunctionType, ...] = ()) -> Any:
    """Make a value of everything that counts of a function."""
    if function in inside:
        return "itself"
    cells = function.__closure__ or ()
    named = dict(zip(function.__code__.co_freevars, cells, strict=True))
    return (
        _code(function.__code__, function.__doc__),
        [_value(default) for default in function.__defaults__ or ()],
        {key: _value(default) for key, default in (function.__kwdefaults__ or {}).items()},
        {key: _cell(cell, (*inside, function)) for key, cell in named.items()},
    )


def _code(code: CodeType, doc: str | None) -> Any:
    import dis

    instructions = [one for one in dis.get_instructions(code) if one.opname not in _SILENT]
    order = {one.offset: at for at, one in enumerate(instructions)}
    lines = [(one.opname, _argument(one, order)) for one in instructions]
    table = getattr(code, "co_exceptiontable", b"")
    shape = (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags)
    return code.co_name, code.co_varnames, code.co_freevars, shape, lines, bool(table)


def _argument(one: Any, order: dict[int, int]) -> Any:
    if one.opname.startswith(("JUMP", "POP_JUMP", "FOR_ITER", "SEND", "SETUP_")) or "JUMP" in one.opname:
        target = one.argval
        while isinstance(target, int) and target not in order and target <= max(order, default=0):
            target += 2
        return "to", order.get(target, -1)
    if isinstance(one.argval, CodeType):
        inner = one.argval
        first = inner.co_consts[0] if inner.co_consts else None
        return "code", _code(inner, first if isinstance(first, str) else None)
    if one.opname in ("LOAD_CONST", "KW_NAMES", "RETURN_CONST", "LOAD_SMALL_INT", "FORMAT_VALUE"):
        return "constant", _value(one.argval)
    return one.argval if isinstance(one.argval, (str, int, type(None))) else repr(one.argval)


def _cell(cell: Any, inside: tuple[FunctionType, ...]) -> Any:
    try:
        held = cell.cell_contents
    except ValueError:
        return "empty"
    held = getattr(held, "__wrapped__", held)
    return _function(held, inside) if isinstance(held, FunctionType) else _value(held)


def _value(value: Any) -> Any:
    try:
        return "value", digest("value", value)
    except TypeError:
        named = getattr(value, "__qualname__", None) or getattr(value, "__name__", None)
        return "object", type(value).__qualname__, named if isinstance(named, str) else None
