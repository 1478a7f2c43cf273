"""One case: a small project in two states, the call, and what must happen after the change.

A case's text holds its files. ``--- path`` begins a file (the first is ``pipeline.py``); ``--- path before`` and ``--- path
after`` stand in one state only. ``<<old=>new>>`` is the change. ``%build EXPR`` is a cached builder of ``x`` that returns the
expression, ``RAN`` in a body tells the judge that it ran. Promises: both states are whole texts before anything runs.
"""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass, field
from typing import Any

REBUILD, HIT, EITHER = "MUST_REBUILD", "MUST_HIT", "EITHER"

_CHANGE = re.compile(r"<<(.*?)=>(.*?)>>", re.DOTALL)
_FILE = re.compile(r"^--- (\S+)(?: (before|after))?\n", re.MULTILINE)
_BUILD = re.compile(r"^%build (.*)$", re.MULTILINE)
_HEAD = "import os\nfrom adapter import cached\n"
_RAN = 'os.write(198, b"B")'
_MAIN = 'if __name__ == "__main__":\n    import child\n    child.main(globals())\n'


@dataclass
class Case:
    """A project before and after a change."""

    name: str
    expect: str
    before: dict[str, str]
    after: dict[str, str]
    call: str = "build(3)"
    call_after: str | None = None
    prep: str = "from pipeline import build"
    env: dict[str, str] = field(default_factory=dict)
    env_after: dict[str, str] | None = None
    cwd_after: str | None = None
    start: str = "import"
    start_after: str | None = None
    flags_after: tuple[str, ...] = ()
    moved: str | None = None
    touched: tuple[str, ...] = ()
    same_time: bool = False
    do: str | None = None
    undo: str | None = None
    forgets: bool = False
    """Whether the way back may build again."""
    since: tuple[int, int] = (3, 10)
    """The first Python that has what the case is made of."""


def rebuild(name: str, text: str, **more: Any) -> Case:
    """Make a case whose value differs after the change."""
    return _case(name, REBUILD, text, more)


def hit(name: str, text: str, **more: Any) -> Case:
    """Make a case whose change is irrelevant."""
    return _case(name, HIT, text, more)


def either(name: str, text: str, **more: Any) -> Case:
    """Make a case whose value stays the same, but where building again can be defended."""
    return _case(name, EITHER, text, more)


def _case(name: str, expect: str, text: str, more: dict[str, Any]) -> Case:
    before, after = _files(text, 1), _files(text, 2)
    case = Case(name, expect, before, after, **more)
    changes = (case.call_after, case.env_after, case.cwd_after, case.start_after, case.moved, case.do)
    assert before != after or case.flags_after or case.touched or any(change is not None for change in changes), name
    return case


def _files(text: str, side: int) -> dict[str, str]:
    text = textwrap.dedent(text).lstrip("\n")
    if not text.startswith("--- "):
        text = "--- pipeline.py\n" + text
    parts = _FILE.split(text)
    files = {}
    for path, state, body in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        if state is None or state == ("before", "after")[side - 1]:
            files[path] = _expand(_CHANGE.sub(lambda found: found.group(side), body))
    return files


def _expand(body: str) -> str:
    body = _BUILD.sub("@cached\ndef build(x):\n    RAN\n    return \\1", body).replace("%main", _MAIN)
    if "@cached" in body and "from adapter" not in body:
        body = _HEAD + body
    return body.replace("RAN", _RAN)
