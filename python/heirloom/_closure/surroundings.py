"""State of Python's own modules that decides results: a decimal context, a time zone, a locale.

Promises: it counts only for code that reaches the module it belongs to. Refuses: what nobody can look at; ``heirloom
doctor`` tells of that.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from heirloom._closure.node import Node

if TYPE_CHECKING:
    from heirloom._closure.walker import Walker

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
    elif qualified == "sys.getrecursionlimit":
        _add(walker, "recursion limit", sys.getrecursionlimit, needed_by)
    elif top == "warnings":
        _add(walker, "warning filters", _filters, needed_by)
    elif top in ("time", "datetime", "zoneinfo", "calendar", "email"):
        for name in _CLOCK_NAMES:
            walker.when_mentioned(name, lambda: _add(walker, "time zone", _zone, needed_by))


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
    return (sys.flags.optimize, sys.flags.dev_mode, sys.flags.utf8_mode, sys.flags.bytes_warning)


def _filters() -> Any:
    """List the filters of warnings as far as one makes an error of them: only an error decides a result."""
    import warnings

    errors = [at for at, one in enumerate(warnings.filters) if one[0] == "error"]
    return [str(one) for one in warnings.filters[: errors[-1] + 1]] if errors else None


def _zone() -> Any:
    import time

    return (time.tzname, time.timezone, time.altzone)
