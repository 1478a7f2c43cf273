"""``python -m heirloom doctor module:function``: what a builder may depend on that nobody can check.

Promises: 1. one sentence for each finding, or one JSON document; 2. exit code 0 with nothing found, 1 with findings, 2
for a call that cannot be answered. Refuses: calling the function; only its module is imported.
"""

from __future__ import annotations

import json
import sys
from types import FunctionType
from typing import TYPE_CHECKING, Any

from heirloom._cached import Cached
from heirloom._closure.present import PresentCode
from heirloom._explanation import FingerprintTree

if TYPE_CHECKING:
    from collections.abc import Iterable

USAGE = "python -m heirloom doctor [--json] module:function"


class _WrongCallError(Exception):
    """The call cannot be answered; says why in one sentence."""


def run(arguments: list[str]) -> int:
    """Examine one function, print what was found, return the exit code."""
    if "--help" in arguments or "-h" in arguments:
        print(f"{__doc__}\nUsage: {USAGE}")
        return 0
    as_json = "--json" in arguments
    try:
        name = _asked([one for one in arguments if one != "--json"])
        tree = _fingerprint(name)
    except _WrongCallError as error:
        if as_json:
            _print_json({"error": {"kind": "invalid", "message": str(error), "exit_code": 2}})
        else:
            print(f"heirloom doctor: {error}", file=sys.stderr)
        return 2
    if as_json:
        findings = [finding._asdict() for finding in tree.unseen]
        _print_json({"command": "doctor", "format": 1, "store": None, "name": name, "findings": findings})
    else:
        for finding in tree.unseen:
            print(f"{finding.where} reaches {finding.what}: {finding.advice}.")
        found = len(tree.unseen) or "nothing"
        print(f"{name}: {found} found that cannot be checked, among {len(tree.pieces)} pieces of code and data.")
    return 1 if tree.unseen else 0


def _asked(arguments: list[str]) -> str:
    options = [one for one in arguments if one.startswith("-")]
    if options:
        raise _WrongCallError(f"there is no option `{options[0]}`; the call is: {USAGE}")
    if len(arguments) != 1:
        raise _WrongCallError(f"it takes one function, not {len(arguments)}: {USAGE}")
    module, _, function = arguments[0].partition(":")
    if not (module and function):
        raise _WrongCallError(f"`{arguments[0]}` names no function; write module:function, such as etl:flights")
    return arguments[0]


def _fingerprint(name: str) -> FingerprintTree:
    module, _, path = name.partition(":")
    found = _import(module)
    within = module
    for part in path.split("."):
        if part not in dir(found):
            raise _WrongCallError(f"{within} has no `{part}`{_nearest(part, dir(found))}")
        # A property or a bound method would lead away from the function that was decorated.
        space = getattr(found, "__dict__", {})
        found = space[part] if part in space else getattr(found, part)
        within = f"{within}.{part}"
    return _examine(found, name)


def _import(module: str) -> Any:
    import importlib

    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is not None and (module == error.name or module.startswith(f"{error.name}.")):
            raise _WrongCallError(f"there is no module `{error.name}`; call it from the folder that holds it") from None
        raise _WrongCallError(f"importing {module} failed: {error}") from None
    except (Exception, SystemExit) as error:
        raise _WrongCallError(f"importing {module} failed: {type(error).__name__}: {error}") from None


def _examine(found: Any, name: str) -> FingerprintTree:
    cached = vars(found).get("__heirloom__") if isinstance(found, type) else None
    found = found if cached is None else cached
    while not isinstance(found, (Cached, FunctionType)):
        within = getattr(found, "__func__", None) or getattr(found, "fget", None) or getattr(found, "__wrapped__", None)
        if within is None:
            raise _WrongCallError(f"{name} is no function, but {type(found).__name__} {found!r:.60}")
        found = within
    if isinstance(found, Cached):
        return found.fingerprint()
    return FingerprintTree(PresentCode(found, None, (), ()).reached())


def _nearest(name: str, names: Iterable[str]) -> str:
    import difflib

    near = difflib.get_close_matches(name, names, n=1)
    return f"; the nearest is `{near[0]}`" if near else ""


def _print_json(document: dict[str, Any]) -> None:
    print(json.dumps(document, ensure_ascii=False, separators=(",", ":")))
