"""States of the process that no call asks for: the arguments of the program, the time zone, the locale.

Promises: recorded only for builders whose code names what depends on them. Refuses: looking at code beyond the functions
and classes of the project that the builder reaches by plain names.
"""

from __future__ import annotations

import os
import sys
import time
from types import CodeType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

from heirloom._recording import _distributions

if TYPE_CHECKING:
    from heirloom._heirloom import Building

_MOST = 500
_NAMES = {
    "sys.argv": frozenset({"argv", "orig_argv", "parse_args", "parse_known_args", "parse_intermixed_args"}),
    "the time zone": frozenset(
        {"localtime", "strftime", "mktime", "ctime", "asctime", "fromtimestamp", "astimezone", "tzname", "timezone", "altzone",
         "tzset", "tzlocal", "timestamp"}
    ),
    "the locale": frozenset(
        {"setlocale", "getlocale", "localeconv", "strcoll", "strxfrm", "format_string", "currency", "nl_langinfo", "atof",
         "getpreferredencoding", "getdefaultlocale", "strftime", "strptime", "getencoding"}
    ),
    "the decimal context": frozenset({"Decimal", "getcontext", "setcontext", "localcontext"}),
}  # fmt: skip


def record(building: Building) -> None:
    """Look at the states that the builder's code names, before it runs."""
    names = _names(building.function)
    for what, telling in _NAMES.items():
        if names & telling and (value := ambient(what)) is not None:
            building.notes.setdefault("ambient", {})[what] = value
    if names & {"setlocale", "getdefaultlocale"}:
        for variable in ("LC_ALL", "LC_COLLATE", "LC_CTYPE", "LC_MONETARY", "LC_NUMERIC", "LC_TIME", "LANG"):
            building.variable(variable)
    for constant in names:
        if constant.startswith(os.sep):
            building.fixed(constant)


def settle(building: Building) -> None:
    """Record, when a build is over, the states that it found and did not set itself."""
    for what, value in building.notes.get("ambient", {}).items():
        if ambient(what) == value:
            building.ambient(what, value)


def ambient(what: str) -> bytes | None:
    """Tell a state of the process as it is now."""
    if what == "sys.argv":
        argv = [str(word) for word in getattr(sys, "argv", [])]
        return repr([os.path.basename(argv[0]) if argv else "", *argv[1:]]).encode(errors="surrogateescape")
    if what == "the time zone":
        moments = (0, 15_552_000, 1_705_000_000, 1_720_000_000)
        told = [(time.localtime(moment).tm_gmtoff, time.localtime(moment).tm_zone) for moment in moments]
        return repr((told, time.tzname, time.timezone)).encode()
    if what == "the locale":
        import locale

        return repr((locale.setlocale(locale.LC_ALL), locale.getpreferredencoding(False))).encode()
    if what == "the decimal context":
        import decimal

        context = decimal.getcontext()
        traps = sorted(signal.__name__ for signal, on in context.traps.items() if on)
        return repr((context.prec, context.rounding, context.Emin, context.Emax, context.clamp, traps)).encode()
    if what == "the names of environment variables":
        return "\0".join(variable_names()).encode()
    return _distributions.told(what)


def variable_names() -> list[str]:
    """List the names of all environment variables, but for those that differ from shell to shell."""
    from heirloom._recording._watch import NOISE

    data: dict[Any, Any] = os.environ._data  # type: ignore[attr-defined]
    return sorted(name for name in map(os.fsdecode, data) if name not in NOISE)


def _names(function: Any) -> set[str]:
    """List every name in the code that a builder reaches, and the absolute paths among its constants."""
    names: set[str] = set()
    todo: list[Any] = [function]
    seen: set[int] = set()
    while todo and len(seen) < _MOST:
        one = todo.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, FunctionType):
            codes = _codes(one.__code__)
            own = {name for code in codes for name in code.co_names}
            names |= own
            names |= {const for code in codes for const in code.co_consts if isinstance(const, str) and const[:1] == os.sep}
            todo += [found for name in own if (found := _reached(one.__globals__, name, own)) is not None]
            todo += [value for name in own for value in _members(one.__globals__, name, own)]
            todo += _cells(one)
        elif isinstance(one, type):
            todo += [value for value in vars(one).values() if isinstance(value, (FunctionType, staticmethod, classmethod))]
            todo += [base for base in one.__bases__ if base is not object]
        elif isinstance(one, str):
            names.add(one)
        elif (wrapped := getattr(one, "__func__", None) or getattr(one, "__wrapped__", None)) is not None:
            todo.append(wrapped)
    return names


def _codes(code: CodeType) -> list[CodeType]:
    return [code, *(inner for const in code.co_consts if isinstance(const, CodeType) for inner in _codes(const))]


def _cells(function: FunctionType) -> list[Any]:
    found = []
    for cell in function.__closure__ or ():
        try:
            found.append(cell.cell_contents)
        except ValueError:
            continue
    return [value for value in found if isinstance(value, (FunctionType, type))]


def _reached(names: dict[str, Any], name: str, own: set[str]) -> Any:
    from inspect import getattr_static

    from heirloom._recording import _frames

    value = names.get(name)
    if isinstance(value, str) and value[:1] == os.sep and name not in ("__file__", "__name__"):
        # A constant such as "/data/rates.csv"; one that was made from the module's own place moves with it.
        folder = os.path.dirname(str(names.get("__file__", "")))
        return None if folder and value.startswith(folder) else value
    if isinstance(value, (FunctionType, type)):
        return value if _frames.is_project(sys.modules.get(value.__module__)) else None
    # Asked of the type, and not of the value: a module or an object may have a `__getattr__` of its own.
    return None if getattr_static(value, "__wrapped__", None) is None else value


def _members(names: dict[str, Any], name: str, own: set[str]) -> list[Any]:
    from heirloom._recording import _frames

    module = names.get(name)
    if not isinstance(module, ModuleType) or not _frames.is_project(module):
        return []
    found = (vars(module).get(other) for other in own)
    return [value for value in found if isinstance(value, (FunctionType, type))]
