"""What the decorator was told, checked and made ready for the engine.

Promises: 1. what a user mistypes is refused where it is written, with the nearest known option; 2. a name stays the same
when a script is imported, and when a module is run. Refuses: defaults of ``heirloom.toml``'s settings.
"""

from __future__ import annotations

import os
import sys
from types import FunctionType
from typing import TYPE_CHECKING, Any

from heirloom._heirloom import check_duration
from heirloom.errors import InvalidError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import timedelta

    from heirloom._closure.closure import Piece
    from heirloom._heirloom import Guards

    Traits = Mapping[str, "str | Iterable[object]"]

OPTIONS = (
    "check_mutation", "code", "copy", "depends_on", "epoch", "files", "ignore", "ignore_code", "key", "migrate", "name",
    "record_trace", "schema", "store", "traits", "ttl", "versions",
)  # fmt: skip


NAME_BYTES_MAX = 200
"""No factory's name is longer."""


class Declaration:
    """Everything that is known of a factory in whatever store; ``recipe.rs`` reads its attributes."""

    def __init__(
        self,
        function: FunctionType,
        *,
        name: str | None = None,
        versions: Mapping[str, int] | None = None,
        code: str | None = None,
        schema: int = 0,
        migrate: Mapping[int, Callable[[Any], Any]] | None = None,
        epoch: str | timedelta | None = None,
        ttl: str | timedelta | None = None,
        traits: Callable[[Any], Traits] | None = None,
        ignore: Iterable[str] = (),
        key: Callable[..., object] | None = None,
        files: Iterable[str | os.PathLike[str]] = (),
        depends_on: Iterable[object] = (),
        ignore_code: Iterable[object] = (),
        copy: bool | None = None,
        check_mutation: bool = False,
        record_trace: str | os.PathLike[str] | None = None,
        **unknown: object,
    ) -> None:
        refuse_unknown(unknown)
        check_function(function)
        _one("name", name, isinstance(name, str) and name != "", 'a text such as "tables"')
        _one("code", code, isinstance(code, str), '"closure", "function", "files" or "manual"')
        _one("schema", schema, type(schema) is int and schema >= 0, "a number from 0 up")
        _one("migrate", migrate, _converts(migrate), "a dict such as {1: from_v1}")
        _one("epoch", epoch, _is_duration(epoch), 'a duration such as "7d", or a timedelta')
        _one("ttl", ttl, _is_duration(ttl), 'a duration such as "1h", or a timedelta')
        _one("traits", traits, callable(traits), "a function of the object")
        _one("key", key, callable(key), "a function of the arguments")
        _one("record_trace", record_trace, isinstance(record_trace, _PATHS), "a path")
        _many("files", files, lambda file: isinstance(file, _PATHS), "a list of paths or patterns: files=['data/*.csv']")
        _many("depends_on", depends_on, None, "a list of functions, classes and values")
        _many("ignore_code", ignore_code, None, "a list of functions, classes and dotted names")
        for option, given in (("epoch", epoch), ("ttl", ttl)):
            if given is not None:
                check_duration(option, given)
        _check_level(code)
        self.function = function
        self.told: dict[str, Any] = {}
        """The options as they were given, and the name, to make it again elsewhere."""
        self.name = name or default_name(function)
        self.versions = _counters(versions or {})
        self.code = code
        self.schema = schema
        self.migrate = dict(migrate or {})
        self.epoch = epoch
        self.ttl = ttl
        self.traits = traits
        self.key = key
        self.files = [os.fspath(file) for file in files]
        self.record_trace = None if record_trace is None else os.fspath(record_trace)
        self.sharing = _sharing(copy, check_mutation)
        self.ignored = _ignored(function, ignore)
        self.parameters = _parameters(function, self.ignored)
        choice: object = key
        if choice is None and self.ignored:
            choice = [name for name, _, _, _, counts in self.parameters if counts]
        from heirloom._closure.present import PresentCode

        self.code_now = PresentCode(function, choice, depends_on, ignore_code)

    @property
    def project(self) -> str:
        """The folder that paths of inputs are stored relative to."""
        return self.code_now.project

    @property
    def guards(self) -> Guards:
        """Whether the code is what it was when it was looked at."""
        return self.code_now.guards

    def texts(self) -> dict[str, str]:
        """Tell what the code reads like, for people."""
        return self.code_now.texts()

    def parts(self, level: str) -> list[Piece]:
        """List the code that counts at a level."""
        return self.code_now.parts(level)


_PATHS = (str, os.PathLike)
_LEVELS = ("closure", "function", "files", "manual")


def _check_level(code: str | None) -> None:
    if code is not None and code not in _LEVELS:
        import difflib

        near = difflib.get_close_matches(code, _LEVELS, n=1, cutoff=0)
        raise InvalidError(f'code= takes "closure", "function", "files" or "manual", not {code!r}; the nearest is "{near[0]}"')


def _one(option: str, given: object, right: bool, takes: str) -> None:
    if given is not None and not right:
        raise TypeError(f"{option}= takes {takes}, not {given!r}")


def _many(option: str, given: object, right: Callable[[Any], bool] | None, takes: str) -> None:
    # Not what can be looked through only once: it is looked through twice.
    listed = isinstance(given, (list, tuple, set, frozenset)) and (right is None or all(map(right, given)))
    _one(option, given, listed, takes)


def _is_duration(given: object) -> bool:
    return isinstance(given, str) or (type(given).__name__ == "timedelta" and hasattr(given, "total_seconds"))


def _converts(given: Any) -> bool:
    return isinstance(given, dict) and all(type(old) is int and callable(convert) for old, convert in given.items())


def refuse_unknown(unknown: Mapping[str, object]) -> None:
    """Refuse options that do not exist."""
    for option in unknown:
        import difflib

        near = difflib.get_close_matches(option, OPTIONS, n=1, cutoff=0)
        raise TypeError(f"cached() has no option `{option}`; the nearest is `{near[0]}`")


def check_function(function: object) -> None:
    """Refuse what is no function, and functions whose results can be used once only."""
    if not isinstance(function, FunctionType):
        raise TypeError(f"cached() takes a Python function, not {type(function).__name__} {function!r}")
    if function.__code__.co_flags & 0x220:
        raise TypeError(
            f"{function.__qualname__}() is a generator, whose items can be used only once and so cannot be shared; "
            "return a list or a tuple of them"
        )


def default_name(function: FunctionType) -> str:
    """Name a factory after its function: ``module:qualname``."""
    module = function.__module__
    # `multiprocessing` runs the main program under another name in a spawned child.
    if module in ("__main__", "__mp_main__"):
        main = sys.modules[module]
        spec = getattr(main, "__spec__", None)
        path = getattr(main, "__file__", None)
        if spec is not None:
            module = spec.name.removesuffix(".__main__")
        elif path:
            module = os.path.splitext(os.path.basename(path))[0]
    return _fitting(f"{module}:{function.__qualname__}")


def _fitting(name: str) -> str:
    """Make a name that nobody chose fit to be a factory's: odd letters as ``%XX``, a long one cut and digested."""
    import re

    odd = re.compile(r"[/\\\x00-\x1f\x7f-\x9f\ud800-\udfff%]|(?<=\.)\.|^\s|\s$")
    if odd.search(name):
        name = odd.sub(lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode("utf-8", "surrogatepass")), name)
    if len(name.encode()) <= NAME_BYTES_MAX:
        return name
    import hashlib

    end = "…" + hashlib.sha256(name.encode()).hexdigest()[:32]
    return name.encode()[: NAME_BYTES_MAX - len(end.encode())].decode(errors="ignore") + end


def _counters(versions: Mapping[str, int]) -> dict[str, int]:
    try:
        counters = dict(versions)
    except (TypeError, ValueError):
        counters = {"": -1}
    for developer, count in counters.items():
        if not (isinstance(developer, str) and isinstance(count, int) and not isinstance(count, bool) and count >= 0):
            raise TypeError(
                f"versions= takes a dict such as {{'dev1': 3}}, with counters from 0 up, not {versions!r}"
            )
    return counters


def _sharing(copy: bool | None, check_mutation: bool) -> str:
    if copy is not None and not isinstance(copy, bool):
        raise TypeError(f"copy= takes True (each caller gets an object of its own) or False, not {copy!r}")
    if not isinstance(check_mutation, bool):
        raise TypeError(f"check_mutation= takes True or False, not {check_mutation!r}")
    if check_mutation and copy is not None:
        raise TypeError("check_mutation= looks after shared objects; leave copy= out")
    return {True: "copy", False: "trust", None: "check" if check_mutation else "watch"}[copy]


def _ignored(function: FunctionType, ignore: Iterable[str]) -> frozenset[str]:
    if isinstance(ignore, str):
        raise TypeError(f"ignore= takes a tuple of names: ignore=({ignore!r},)")
    _many("ignore", ignore, lambda name: isinstance(name, str), "a tuple of names")
    names = frozenset(ignore)
    known = [name for name, _, _, _, _ in _parameters(function, frozenset())]
    for name in sorted(names.difference(known)):
        raise TypeError(f"{function.__qualname__}() has no parameter `{name}` to ignore; it has: {', '.join(known)}")
    return names


def _parameters(function: FunctionType, ignored: frozenset[str]) -> list[tuple[str, int, bool, Any, bool]]:
    """List name, kind (numbered as ``inspect`` does), whether there is a default, the default, whether it counts."""
    shape = getattr(function, "__heirloom_shape__", None)
    first = 0 if shape is None else 1
    function = function if shape is None else shape
    code, rows = function.__code__, []
    positional = code.co_varnames[: code.co_argcount]
    defaults = dict(zip(reversed(positional), reversed(function.__defaults__ or ()), strict=False))
    for at, name in enumerate(positional):
        rows.append((name, int(at >= code.co_posonlyargcount), name in defaults, defaults.get(name)))
    after = code.co_argcount + code.co_kwonlyargcount
    if code.co_flags & 0x04:
        rows.append((code.co_varnames[after], 2, False, None))
    named = function.__kwdefaults__ or {}
    rows += [(name, 3, name in named, named.get(name)) for name in code.co_varnames[code.co_argcount : after]]
    if code.co_flags & 0x08:
        rows.append((code.co_varnames[after + bool(code.co_flags & 0x04)], 4, False, None))
    return [(*row, row[0] not in ignored) for row in rows[first:]]
