"""What it costs to check that an object is still true: by `revalidate`, for a small and a large closure, with files.

    PYTHONPATH=python python benches/python/checking.py          # about half a minute

Every subject gets its turn in each round, another one first each time; a figure is the median of the rounds, a ratio that of
the ratios of single rounds against the same number of `os.stat` calls of one file. Use a release build of the extension.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HELPERS = {"small closure": 2, "large closure": 400}
FILES = (0, 1, 10)
ROUNDS, CALLS = 9, 400
SETTINGS = {"process": 'revalidate = "process"', "always": 'revalidate = "always"', "1 minute": 'revalidate = "1m"'}

_SUBJECT = """
import heirloom

{helpers}

@heirloom.cached(store="store")
def {name}(x):
    for at in range({files}):
        with open(f"data/{{at}}.txt") as file:
            file.read()
    return [{calls}]
"""
_FIRST = """
import sys, time
import {module}
begun = time.perf_counter()
{module}.{name}(1)
print(time.perf_counter() - begun)
"""


def main() -> None:
    """Make a project, measure, print the table."""
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        sys.path.insert(0, folder)
        Path("data").mkdir()
        for at in range(max(FILES)):
            Path(f"data/{at}.txt").write_text(str(at))
            os.utime(f"data/{at}.txt", (1_700_000_000, 1_700_000_000))
        names = _write()
        time.sleep(2.1)  # a file younger than that is digested each time
        subjects = {_title(*parts): _subject(name) for name, parts in names.items()}
        for call in subjects.values():
            call(1)
        _hits(subjects)
        _first_hits(names)


def _write() -> dict[str, tuple[str, int, str]]:
    names, settings = {}, ["[cache]"]
    for size, helpers in HELPERS.items():
        for files in FILES:
            for setting, line in SETTINGS.items():
                name = f"f_{size[:5].strip()}_{files}_{setting.replace(' ', '_')}"
                defined = "\n".join(f"def {name}_{at}(x):\n    return x + {at}" for at in range(helpers))
                calls = ", ".join(f"{name}_{at}(x)" for at in range(helpers))
                text = _SUBJECT.format(helpers=defined, name=name, files=files, calls=calls)
                Path(f"m_{name}.py").write_text(text)
                names[name] = (size, files, setting)
                settings.append(f'[cache."m_{name}:{name}"]\n{line}')
    Path("heirloom.toml").write_text("\n".join(settings[1:]) + "\n")
    return names


def _title(size: str, files: int, setting: str) -> str:
    return f"{size} | {files} | {setting}"


def _subject(name: str):
    return getattr(__import__(f"m_{name}"), name)


def _hits(subjects: dict[str, object]) -> None:
    def stat(_: int) -> None:
        os.stat("data/0.txt")

    everyone = {"os.stat": stat, **subjects}
    times: dict[str, list[float]] = {title: [] for title in everyone}
    for turn in range(ROUNDS):
        order = list(everyone)
        order = order[turn % len(order) :] + order[: turn % len(order)]
        for title in order:
            call, begun = everyone[title], time.perf_counter()
            for _ in range(CALLS):
                call(1)
            times[title].append((time.perf_counter() - begun) / CALLS)
    print("| Closure | Files read | `revalidate` | a hit in memory | × one `os.stat` |\n|---|---|---|---|---|")
    for title in subjects:
        ratios = [one / base for one, base in zip(times[title], times["os.stat"], strict=True)]
        print(f"| {title} | {statistics.median(times[title]) * 1e6:.2f} µs | {statistics.median(ratios):.2f} |")
    print(f"\none `os.stat`: {statistics.median(times['os.stat']) * 1e6:.2f} µs\n")


def _first_hits(names: dict[str, tuple[str, int, str]]) -> None:
    print("| Closure | Files read | the first hit of a new process |\n|---|---|---|")
    for name, (size, files, setting) in names.items():
        if setting != "always":
            continue
        code = _FIRST.format(module=f"m_{name}", name=name)
        told = [subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True) for _ in range(7)]
        print(f"| {size} | {files} | {statistics.median(float(one.stdout) for one in told) * 1e3:.1f} ms |")


if __name__ == "__main__":
    main()
