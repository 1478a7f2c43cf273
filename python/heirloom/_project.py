"""Finds the folder of the project that a function belongs to: paths inside are stored relative to it.

Promises: the nearest folder upwards with ``heirloom.toml``, ``pyproject.toml``, ``setup.py``, ``setup.cfg``, ``.git`` or ``.hg``;
without any, the folder that holds the function's top package or script, so that a renamed project still hits. Refuses: the
home directory and the root as projects.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FunctionType

MARKERS = ("heirloom.toml", "pyproject.toml", "setup.py", "setup.cfg", ".git", ".hg")


def root_of(function: FunctionType) -> str:
    """Find the folder of a function's project."""
    module = sys.modules.get(function.__module__)
    file = getattr(module, "__file__", None) or function.__code__.co_filename
    if not isinstance(file, str) or not os.path.exists(file):
        return os.getcwd()
    folder = os.path.dirname(os.path.abspath(file))
    found = _marked(folder)
    if found is not None:
        return found
    spec = getattr(module, "__spec__", None)
    name = spec.name if spec is not None else function.__module__
    depth = name.count(".") if name != "__main__" else 0
    if os.path.basename(file) == "__init__.py":
        depth += 1
    for _ in range(depth):
        folder = os.path.dirname(folder)
    return folder


def _marked(folder: str) -> str | None:
    home = os.path.expanduser("~")
    while os.path.dirname(folder) != folder:
        if folder == home:
            return None
        if any(os.path.lexists(os.path.join(folder, marker)) for marker in MARKERS):
            return folder
        folder = os.path.dirname(folder)
    return None
