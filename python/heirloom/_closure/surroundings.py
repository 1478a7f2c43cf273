"""State of Python's own modules that decides results: a decimal context, a time zone, a locale.

Promises: it counts only for code that reaches the module it belongs to. Refuses: what nobody can look at; ``heirloom
doctor`` tells of that.
"""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING, Any

from heirloom._closure.node import Node

if TYPE_CHECKING:
    from heirloom._closure.walker import Walker

_TOLD = ("optimize", "dev_mode", "utf8_mode", "bytes_warning")
"""Flags that count for whoever looks at flags at all; the others count where they are named."""
_CLOCK_NAMES = ("localtime", "mktime", "strftime", "ctime", "fromtimestamp", "astimezone", "timestamp")


def take_in(walker: Walker, qualified: str, needed_by: str) -> None:
    """Take in the state that code of one of Python's modules depends on."""
    top = qualified.partition(".")[0].lstrip("_")
    if top in ("decimal", "pydecimal"):
        _add(walker, "decimal context", _decimal, needed_by)
    elif top == "locale":
        _add(walker, "locale", _locale, needed_by)
    elif qualified == "sys.flags":
        _add(walker, "interpreter flags", _flags, needed_by)
        for flag in sorted(set(dir(sys.flags)) - {"count", "index"}):
            if flag[:1] != "_" and flag not in _TOLD:
                look = partial(getattr, sys.flags, flag)
                walker.when_mentioned(flag, partial(_add, walker, f"interpreter flag {flag}", look, needed_by))
    elif qualified in ("sys._xoptions", "sys.warnoptions"):
        _add(walker, qualified, partial(_option, qualified.partition(".")[2]), needed_by)
    elif qualified in ("tempfile.gettempdir", "tempfile.gettempdirb", "tempfile.tempdir"):
        _add(walker, "folder for temporary files", _temporary, needed_by)
    elif qualified == "sys.getrecursionlimit":
        _add(walker, "recursion limit", sys.getrecursionlimit, needed_by)
    elif top == "warnings":
        _add(walker, "warning filters", _filters, needed_by)
    elif top in ("time", "datetime", "zoneinfo", "calendar", "email"):
        for name in _CLOCK_NAMES:
            walker.when_mentioned(name, lambda: _add(walker, "time zone", _zone, needed_by))


def always(walker: Walker) -> None:
    """Take in what decides results of code that names nothing, where it is not as it is by default."""
    if sys.flags.bytes_warning > 1:
        walker.add(Node("bytes warnings are errors", "surroundings", True, None, "", None))
    digits = getattr(sys, "get_int_max_str_digits", int)()
    if digits not in (0, 4300):
        walker.add(Node("digits of the longest number in text", "surroundings", digits, None, "", None))


def _add(walker: Walker, name: str, look: Any, needed_by: str) -> None:
    if name not in walker.nodes:
        what = look()
        walker.watched.append(("asked", look, what))
        walker.add(Node(name, "surroundings", what, None, needed_by, None))


def _decimal() -> Any:
    decimal = sys.modules.get("decimal")
    if decimal is None:
        return None
    context = decimal.getcontext()
    traps = sorted(signal.__name__ for signal, on in context.traps.items() if on)
    return (context.prec, context.rounding, context.Emin, context.Emax, context.capitals, context.clamp, traps)


def _locale() -> Any:
    locale = sys.modules.get("locale")
    return None if locale is None else locale.setlocale(locale.LC_ALL)


def _flags() -> Any:
    return tuple(getattr(sys.flags, flag) for flag in _TOLD)


def _option(name: str) -> Any:
    given = getattr(sys, name)
    return sorted(given.items()) if isinstance(given, dict) else list(given)


def _temporary() -> Any:
    import tempfile

    return tempfile.gettempdir()


def _filters() -> Any:
    """List the filters of warnings as far as one makes an error of them: only an error decides a result."""
    import warnings

    errors = [at for at, one in enumerate(warnings.filters) if one[0] == "error"]
    return [str(one) for one in warnings.filters[: errors[-1] + 1]] if errors else None


def _zone() -> Any:
    import time

    return (time.tzname, time.timezone, time.altzone)
