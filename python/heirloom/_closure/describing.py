"""What only describes a function or a class: its docstring, its annotations, its source. It counts for code that reads it.

Promises: without a mention of such a reader nothing of it counts. Refuses: readers that compute their own name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from heirloom._closure.walker import Walker

_READERS = {
    "doc": ("__doc__", "getdoc", "global getdoc"),
    "annotations": (
        "__annotations__", "get_type_hints", "get_annotations", "signature", "fields", "__dataclass_fields__",
        "global get_type_hints", "global get_annotations", "global signature", "global fields", "__signature__",
    ),
    "source": ("getsource", "getsourcelines", "global getsource", "global getsourcelines", "co_firstlineno"),
}  # fmt: skip


def take_in(walker: Walker, subject: Any, what: dict[str, Any]) -> None:
    """Take in the descriptions of a function or class that some reached code reads."""
    for kind, words in _READERS.items():
        for word in words:
            walker.when_mentioned(word, lambda kind=kind: what.update({kind: _look(subject, kind)}))  # type: ignore[misc]


def _look(subject: Any, kind: str) -> str | None:
    if kind == "doc":
        return getattr(subject, "__doc__", None)
    if kind == "annotations":
        return repr(getattr(subject, "__annotations__", None))
    import inspect

    try:
        return inspect.getsource(subject)
    except (OSError, TypeError):
        return None
