"""Tells, before it bites, what a builder may depend on that nobody can check.

Where it stands: ``heirloom doctor module:function``. Promises: each finding names the code, what it reaches and the way out.
Refuses: running anything; what is told is read off the code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from heirloom._closure.closure import Closure


class Finding(NamedTuple):
    """One thing that cannot be checked."""

    where: str
    """The code that reaches it."""
    what: str
    """What it reaches."""
    advice: str
    """The way out."""


_LIMIT = 'limit the life of its objects with ttl="1h" or epoch="7d"'
_FAMILIES = (
    (("socket.", "_socket.", "ssl.", "urllib.", "http.", "ftplib.", "smtplib.", "requests.", "httpx.", "aiohttp.", "urllib3."),
     f"the network cannot be checked; {_LIMIT}, or pass what tells its state (a date, an ETag) as an argument"),
    (("time.time", "time.monotonic", "time.perf_counter", "datetime.datetime", "datetime.date", "_datetime."),
     f"the clock is another one at each call; pass the moment as an argument, or {_LIMIT}"),
    (("random.", "_random.", "secrets.", "uuid.uuid", "numpy.random.", "os.urandom", "posix.urandom"),
     "random numbers are not the same when it is built again; pass a seed as an argument"),
    (("subprocess.", "os.system", "posix.system", "os.popen", "_posixsubprocess."),
     "what another program does cannot be seen; the files it was given count, others need files= or depends_on="),
    (("ctypes.", "_ctypes.", "cffi."), "a library loaded by hand counts by its file, not by what it reads itself"),
)  # fmt: skip
_DYNAMIC = ("eval", "exec", "compile", "__import__")


def examine(closure: Closure) -> list[Finding]:
    """List what a builder may depend on unseen."""
    return sorted(set(_reached(closure)) | set(_dynamic(closure)) | set(_compiled(closure)))


def _reached(closure: Closure) -> Iterator[Finding]:
    for qualified, needed_by in sorted(closure.outside):
        for beginnings, advice in _FAMILIES:
            if qualified.startswith(beginnings):
                yield Finding(needed_by, qualified, advice)


def _dynamic(closure: Closure) -> Iterator[Finding]:
    for qualified, needed_by in closure.outside:
        name = qualified.removeprefix("builtins.")
        if name in _DYNAMIC or qualified == "importlib.import_module":
            advice = "code that is made or found while it runs is watched when it runs; what it would do next time is not known"
            yield Finding(needed_by, name, advice)


def _compiled(closure: Closure) -> Iterator[Finding]:
    for node in closure.nodes.values():
        if node.kind == "version" and node.what == "unknown":
            package = node.name.removeprefix("version of ")
            yield Finding(node.needed_by, package, "this package has no version; raise a counter of yours when it changes")
