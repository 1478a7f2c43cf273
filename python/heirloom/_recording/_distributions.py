"""What is installed, as far as a builder asks: one distribution by its name, a group of entry points.

Where it stands: ``_events.py`` hands on what ``importlib.metadata`` does; ``_ambient.py`` asks again at each check. Promises:
1. installing what nobody asked for changes nothing; 2. while the folders of packages are what they were, looking again costs
a stat of each. Refuses: finders of distributions other than that of ``sys.path``.
"""

from __future__ import annotations

import _io
import os
import sys
import time
from typing import TYPE_CHECKING, Any

from heirloom._recording import _frames

if TYPE_CHECKING:
    from collections.abc import Iterator

    from heirloom._heirloom import Building
    from heirloom._recording._frames import Asked

_ONE = "the installed distribution "
_GROUP = "the entry points of "
_ALL = "the installed distributions"
_BY_NAME = ("from_name", "distribution", "version", "metadata", "requires", "files")
_ENDINGS = (".dist-info", ".egg-info")
_YOUNG = 2_000_000_000
"""A folder changed so shortly ago, in nanoseconds, may change again without its time telling."""

_known: dict[str, tuple[list[tuple[str, int]], bytes]] = {}
"""What was found, and the places and times of change that it was found at."""


def note(building: Building, asked: Asked) -> None:
    """Record which question ``importlib.metadata`` answers."""
    what = _question(asked)
    seen = building.notes.setdefault("metadata", set())
    if what in seen:
        return
    seen.add(what)
    if sys.path == building.notes.get("sys.path"):
        building.ambient(what, told(what) or b"")
        return
    from heirloom._recording._events import literal

    # The builder itself changed where is looked, so nobody could ask again: what lies there counts by its name.
    spelt = "*"
    if what.startswith(_ONE):
        name = _plain(what.removeprefix(_ONE))
        spelt = "".join("[_.-]" if one == "-" else f"[{one}{one.upper()}]" if one.isalpha() else one for one in name)
    for folder in filter(os.path.isdir, _folders()):
        for ending in ("-*.dist-info", "-*.egg-info", ".egg-info"):
            building.pattern(os.path.join(literal(folder), spelt + ending))


def of_entry_points(building: Building, asked: Asked) -> bool:
    """Record a question for entry points, when this is one: then the files that are read to answer it do not count."""
    if not _question(asked).startswith(_GROUP):
        return False
    note(building, asked)
    return sys.path == building.notes.get("sys.path")


def _question(asked: Asked) -> str:
    """Word what the frames on top of the builder ask for."""
    what = _ALL
    frame: Any = asked.top
    while frame is not None and _frames.home(frame.f_code)[0] == "standard":
        seen = frame.f_locals
        if frame.f_code.co_name == "entry_points" and "params" in seen:
            what = _GROUP + str(seen["params"].get("group", "all groups"))
        elif frame.f_code.co_name in _BY_NAME:
            name = seen.get("name", seen.get("distribution_name"))
            what = _ONE + name if isinstance(name, str) else what
        frame = frame.f_back
    return what


def told(what: str) -> bytes | None:
    """Answer a question as things are now; ``None`` when it is none of these."""
    if not what.startswith((_ONE, _GROUP, _ALL)):
        return None
    known = _known.get(what)
    if known is not None and all(_changed(place) == at for place, at in known[0]):
        return known[1]
    folders = _folders()
    places = [(place, _changed(place)) for place in folders]
    lines: list[str] = []
    for path, name in _distributions(folders):
        if what.startswith(_GROUP):
            places.append((found := os.path.join(path, "entry_points.txt"), _changed(found)))
            lines += (f"{name}: {line}" for line in _group(found, what.removeprefix(_GROUP)))
        elif what == _ALL or name == _plain(what.removeprefix(_ONE)):
            lines.append(os.path.basename(path))
    value = "\n".join(lines).encode(errors="surrogateescape")
    _known[what] = places, value
    return value


def _folders() -> list[str]:
    return list(dict.fromkeys(folder or "." for folder in sys.path if isinstance(folder, str)))


def _distributions(folders: list[str]) -> Iterator[tuple[str, str]]:
    """List what is installed: the folder of each, and its name; the first of a name hides the others."""
    seen = set()
    for folder in folders:
        try:
            entries = sorted(os.listdir(folder))
        except OSError:
            continue
        for entry in entries:
            stem, ending = os.path.splitext(entry)
            if ending in _ENDINGS and (name := _plain(stem.partition("-")[0])) not in seen:
                seen.add(name)
                yield os.path.join(folder, entry), name


def _plain(name: str) -> str:
    return "-".join(filter(None, name.replace("_", "-").replace(".", "-").split("-"))).lower()


def _group(path: str, group: str) -> Iterator[str]:
    """List the lines of a group in a file of entry points."""
    try:
        with _io.open(path, encoding="utf-8", errors="surrogateescape") as file:
            lines = [line.strip() for line in file]
    except OSError:
        return
    within = ""
    for line in lines:
        if line.startswith("[") and line.endswith("]"):
            within = line[1:-1].strip()
        elif line and line[0] not in "#;" and group in (within, "all groups"):
            yield f"{within} {line}"


def _changed(path: str) -> int:
    """When something was changed last; a number that never comes again when it may change unseen."""
    try:
        at = os.stat(path).st_mtime_ns
    except OSError:
        return 0
    now = time.time_ns()
    return -now if abs(now - at) < _YOUNG else at
