"""Code of installed packages that ran, by file: a version may lie, when somebody edits a package in place.

Promises: 1. a version that changed is named; 2. looking again costs one stat for each file, and a digest only where the
stat differs. Refuses: to look into the code; a package is its author's business.
"""

from __future__ import annotations

import _io
import os
from typing import TYPE_CHECKING, Any

from heirloom._closure import origin
from heirloom._heirloom import digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def states(paths: Iterable[str]) -> Iterator[tuple[str, Any]]:
    """Say what the distributions of some files are now: for each its version, and its files that ran."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for path in sorted(paths):
        site = origin.site(path)
        state = _state(path)
        if site is not None and state is not None:
            found.setdefault(origin.distribution(path), {})[os.path.relpath(path, site)] = state
    for (name, version), files in found.items():
        yield f"package {name}", {"version": version, "package": files}


def changed(version: str, files: dict[str, Any]) -> str | None:
    """Say what of a distribution has changed."""
    homes: dict[str, str] = {}
    for relative, (size, changed, content) in files.items():
        top = relative.partition(os.sep)[0]
        stat = _stat(homes[top], relative) if top in homes else None
        if stat is None:
            # The first file of its package; or one of a namespace whose parts lie in several folders.
            home = origin.home(relative)
            if home is None or (stat := _stat(home, relative)) is None:
                return f"has no {relative} any more"
            now_version = origin.distribution(os.path.join(home, relative))[1]
            if now_version != version:
                return f"{version} → {now_version}"
            homes[top] = home
        if (stat.st_size, stat.st_mtime_ns) != (size, changed):
            now = _state(os.path.join(homes[top], relative))
            if now is None or now[2] != content:
                return f"was edited in place: {relative}"
    return None


def _stat(home: str, relative: str) -> os.stat_result | None:
    try:
        return os.stat(f"{home}{os.sep}{relative}")
    except OSError:
        return None


def _state(path: str) -> tuple[int, int, str] | None:
    try:
        with _io.open(path, "rb") as file:
            stat = os.fstat(file.fileno())
            return stat.st_size, stat.st_mtime_ns, digest("file", file.read()).hex()
    except OSError:
        return None
