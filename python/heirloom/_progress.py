"""The line that a waiting caller sees: who builds the object, since when, and how long that usually takes.

Promises: 1. nothing is shown where standard error is no terminal, but in a notebook there is one line that is rewritten;
2. a line that cannot be shown breaks no request; 3. the line goes when the wait is over. Refuses: any package that is not
there already; waits below a second.
"""

from __future__ import annotations

import html
import importlib
import os
import sys
import threading
from typing import Any

_BAR = 20


class _Line(threading.local):
    """What this thread shows now."""

    text = ""
    display: Any = None


_line = _Line()


def waiting(sentence: str, waited: float, usual: float | None) -> None:
    """Show how a wait goes, ``waited`` and ``usual`` in seconds; called many times a second."""
    if sentence == _line.text:
        return
    _line.text = sentence
    if _in_notebook():
        _show(_Cell(sentence, waited, usual))
    elif (columns := _columns()) is not None:
        text = f"heirloom: {_bar(waited, usual)}{sentence}"
        _write("\r\x1b[K" + (text if len(text) < columns else text[: max(columns - 2, 0)] + "…"))


def over() -> None:
    """Take the line away."""
    _line.text = ""
    if _line.display is not None:
        _show(_Cell("", 0, None))
        _line.display = None
    elif _columns() is not None:
        _write("\r\x1b[K")


class _Cell:
    """The line as a notebook shows it."""

    def __init__(self, sentence: str, waited: float, usual: float | None) -> None:
        self._sentence, self._waited, self._usual = sentence, waited, usual

    def __repr__(self) -> str:
        return self._sentence and f"heirloom: {_bar(self._waited, self._usual)}{self._sentence}"

    def _repr_html_(self) -> str:
        bar = f'<progress max="{self._usual}" value="{self._waited}"></progress> ' if self._usual else ""
        return self._sentence and f"<div>{bar}heirloom: {html.escape(self._sentence)}</div>"


def _bar(waited: float, usual: float | None) -> str:
    if not usual:
        return ""
    done = min(int(_BAR * waited / usual), _BAR)
    return f"[{'#' * done}{'.' * (_BAR - done)}] "


def _in_notebook() -> bool:
    # As `tqdm.auto` finds out: only a shell that belongs to a kernel can show what is rewritten.
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return getattr(shell, "kernel", None) is not None


def _show(cell: _Cell) -> None:
    display = importlib.import_module("IPython.display").display
    if _line.display is None:
        _line.display = display(cell, display_id=True)
    else:
        _line.display.update(cell)


def _columns() -> int | None:
    """Tell how wide the terminal is; ``None`` where there is none."""
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or 80
    except (AttributeError, OSError, ValueError):
        return None


def _write(text: str) -> None:
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except (OSError, ValueError):
        pass
