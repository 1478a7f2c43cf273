"""The line of progress: what a caller sees who waits for another process, in a terminal, in a pipe, in a notebook."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import time

import pytest

MODULE = """
    import sys, heirloom
    @heirloom.cached(code="manual")
    def table(x):
        if x == 1:
            print("building", flush=True)
            sys.stdin.readline()
        return [x]
"""
ASK = [sys.executable, "-c", "import etl; etl.table(0); print(etl.table(1), flush=True)"]
LINE = r"waiting \d+ s for etl:table\(1\), which process (\d+) on \S+ builds since \d{4}-\d\d-\d\dT[\d:]+Z, usually in "


@pytest.fixture
def leader(project):
    """Start a process that builds until it is told to go on."""
    project.write("etl.py", MODULE)
    with subprocess.Popen(
        ASK, cwd=project.folder, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout.readline() == "building\n"
        yield process
        process.kill()


def ask(project, stderr, program=None):
    command = ASK if program is None else [sys.executable, "-c", program]
    return subprocess.Popen(command, cwd=project.folder, text=True, stdout=subprocess.PIPE, stderr=stderr)


def read_until(terminal, pattern):
    told, end = "", time.monotonic() + 60
    while time.monotonic() < end:
        with contextlib.suppress(OSError):  # a terminal that nobody writes to any more
            told += os.read(terminal, 10_000).decode()
        if re.search(pattern, told):
            return told
    raise AssertionError(told)


def test_a_waiter_sees_who_builds_and_since_when(project, leader):
    terminal, other_end = pty.openpty()
    fcntl.ioctl(other_end, termios.TIOCSWINSZ, struct.pack("4H", 25, 300, 0, 0))
    waiter, piped = ask(project, other_end), ask(project, subprocess.PIPE)
    told = read_until(terminal, rf"\r\x1b\[Kheirloom: \[[#.]{{20}}\] {LINE}")
    leader.stdin.write("\n")
    leader.stdin.flush()
    assert waiter.communicate(timeout=60)[0] == "[1]\n"
    os.close(other_end)
    told += read_until(terminal, r"\r\x1b\[K$")
    assert "\n" not in told
    # Where standard error is no terminal, nothing is shown.
    assert piped.communicate(timeout=60) == ("[1]\n", "")
    os.close(terminal)


NOTEBOOK = """
import sys, types
shown = []
class Handle:
    def update(self, cell): shown.append(cell)
def display(cell, display_id):
    assert display_id is True
    shown.append(cell)
    print("shown", flush=True)
    return Handle()
shell = types.SimpleNamespace(kernel=object())
sys.modules["IPython"] = types.SimpleNamespace(get_ipython=lambda: shell)
sys.modules["IPython.display"] = types.SimpleNamespace(display=display)
import etl
etl.table(1)
print(repr(shown[0]), shown[0]._repr_html_(), repr(shown[-1]), shown[-1]._repr_html_(), sep="|")
"""


def test_a_notebook_has_one_line_that_is_rewritten(project, leader):
    waiter = ask(project, subprocess.PIPE, NOTEBOOK)
    assert waiter.stdout.readline() == "shown\n"
    leader.stdin.write("\n")
    leader.stdin.flush()
    out, err = waiter.communicate(timeout=60)
    assert err == ""
    text, cell, *gone = out.strip("\n").split("|")
    process = re.fullmatch(rf"heirloom: \[[#.]{{20}}\] {LINE}[\d.]+ .?s", text)[1]
    assert process == str(leader.pid)
    assert re.fullmatch(rf'<div><progress max="[\d.e-]+" value="[\d.]+"></progress> heirloom: {LINE}.*</div>', cell)
    assert gone == ["", ""]


def test_a_line_is_no_wider_than_the_terminal(project, leader):
    terminal, other_end = pty.openpty()
    fcntl.ioctl(other_end, termios.TIOCSWINSZ, struct.pack("4H", 25, 50, 0, 0))
    waiter = ask(project, other_end)
    told = read_until(terminal, "…")
    assert len(re.search("heirloom: [^…]*…", told)[0]) == 49
    leader.stdin.write("\n")
    leader.stdin.flush()
    waiter.communicate(timeout=60)
    os.close(other_end)
    os.close(terminal)


def test_ctrl_c_takes_the_line_away(project, leader):
    terminal, other_end = pty.openpty()
    program = "import etl\ntry: etl.table(1)\nexcept KeyboardInterrupt: print('left')"
    waiter = ask(project, other_end, program)
    read_until(terminal, "waiting")
    waiter.send_signal(2)
    assert waiter.communicate(timeout=60)[0] == "left\n"
    os.close(other_end)
    read_until(terminal, r"\r\x1b\[K$")
    os.close(terminal)


def test_a_broken_standard_error_breaks_no_wait(project, leader):
    program = """
import sys, etl
class Broken:
    def fileno(self): return 1 / 0
sys.stderr = Broken()
print("asking", flush=True)
print(etl.table(1))
"""
    waiter = ask(project, subprocess.DEVNULL, program)
    assert waiter.stdout.readline() == "asking\n"
    time.sleep(1.5)
    leader.stdin.write("\n")
    leader.stdin.flush()
    assert waiter.communicate(timeout=60)[0] == "[1]\n"
