"""What runs a case of recording: a project, a change, and three real processes.

Each case builds in a first process (and must hit there at once), hits in a second, and after the change is built anew or
hit in a third. Promises: the value is compared with that of the undecorated function in the same process. The code level is
``manual``: only what was recorded can tell.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

HEAD = """
import os, sys, pathlib
import heirloom
HERE = pathlib.Path(__file__).parent
"""

TAIL = """
    os.write(1, b"B")
    return work(x)

if __name__ == "__main__":
    for _ in range(int(os.environ.get("TIMES", "1"))):
        got = build(eval(os.environ.get("ARG", "1")))
        assert os.environ.get("BLIND") or got == work(eval(os.environ.get("ARG", "1"))), (got, "is not the true value")
    if "EXPLAIN" in os.environ:
        print(build.explain(1))
"""


@dataclass
class Case:
    """One case: what the builder does, and what is changed."""

    name: str
    rebuilds: bool
    work: str
    change: Callable[[Path], Any] = lambda root: None
    files: dict[str, str | bytes] = field(default_factory=lambda: {"data.txt": "one two three"})
    prepare: Callable[[Path], Any] = lambda root: None
    env: dict[str, str] = field(default_factory=dict)
    env_after: dict[str, str] | None = None
    argv: tuple[str, ...] = ()
    argv_after: tuple[str, ...] | None = None
    cwd: str = "."
    cwd_after: str | None = None
    head: str = ""
    moved: str | None = None
    blind: bool = False

    def __str__(self) -> str:
        return self.name


def run(case: Case, folder: Path) -> None:
    """Run a case in a folder of its own."""
    root = folder / "project"
    root.mkdir()
    write(case, root, folder)
    for name, content in case.files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    case.prepare(root)
    _judge(case, root, folder)


def write(case: Case, root: Path, folder: Path) -> None:
    """Write a case's program."""
    body = textwrap.indent(textwrap.dedent(case.work).strip(), "    ")
    program = f"{HEAD}{textwrap.dedent(case.head)}\ndef work(x):\n{body}\n\n"
    program += f"@heirloom.cached(store={str(folder / 'store')!r}, code='manual')\ndef build(x):{TAIL}"
    (root / "main.py").write_text(program)


def _judge(case: Case, root: Path, folder: Path) -> None:
    assert process(case, root, case.cwd, case.env, case.argv) == 1, "two calls must build once"
    assert process(case, root, case.cwd, case.env, case.argv) == 0, "nothing changed, so a new process must hit"
    case.change(root)
    if case.moved is not None:
        (folder / case.moved).parent.mkdir(parents=True, exist_ok=True)
        shutil.move(root, folder / case.moved)
        root = folder / case.moved
    env = case.env if case.env_after is None else case.env_after
    argv = case.argv if case.argv_after is None else case.argv_after
    built = process(case, root, case.cwd_after or case.cwd, env, argv)
    assert built == int(case.rebuilds), "it must be built anew" if case.rebuilds else "it must be a hit"


def process(case: Case, root: Path, cwd: str, env: dict[str, str], argv: tuple[str, ...]) -> int:
    """Run the project's program; return how often it built."""
    kept = {key: value for key, value in os.environ.items() if key.startswith(("PYTHONPATH", "PATH", "XDG", "HOME"))}
    variables = {**kept, "TIMES": "2", **({"BLIND": "1"} if case.blind else {}), **env}
    done = subprocess.run(
        [sys.executable, str(root / "main.py"), *argv],
        cwd=root / cwd,
        env={key: value.replace("{root}", str(root)) for key, value in variables.items()},
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    assert "Exception ignored" not in done.stderr, done.stderr
    return done.stdout.count("B")


def edit(name: str, content: str | bytes) -> Callable[[Path], None]:
    """Write a file anew, or for the first time."""

    def change(root: Path) -> None:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())

    return change


def secretly(name: str, content: str) -> Callable[[Path], None]:
    """Write a file anew, as long as it was, with the time it had."""

    def change(root: Path) -> None:
        path, stat = root / name, os.stat(root / name)
        assert len(content) == stat.st_size
        path.write_text(content)
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))

    return change


def touch(name: str) -> Callable[[Path], None]:
    """Give a file another time."""
    return lambda root: os.utime(root / name, (1, 1))


def remove(name: str) -> Callable[[Path], None]:
    """Take a file away."""
    return lambda root: (root / name).unlink()
