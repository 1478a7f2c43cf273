"""Runs a case and says what came of it.

Four real processes, as a user would have them: 1. before: the call twice, built and then a hit; 2. before, in a new process:
the control, a hit; 3. after the change, twice; 4. before again: the old entry is still there. A change in a running process
is one process with all of that. Promises: a wrong value is STALE whatever else happened; a needless build is SPURIOUS; the
declared expectation is held against the true values, so that a case cannot lie. Refuses: timing.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import heirloom

from staleness.case import EITHER, HIT, REBUILD, Case
from staleness.project import Project

_INSIDE = Path(__file__).parent / "inside"
_PACKAGE = Path(heirloom.__file__).parent.parent

Step = dict[str, Any]


def judge(case: Case) -> str:
    """Run a case; return ``correct``, or the fault and its details."""
    work = Path(tempfile.mkdtemp(prefix="staleness-"))
    try:
        steps = _run(case, work)
    except RuntimeError as error:
        return f"ERROR {error}"
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return verdict(case, steps)


def verdict(case: Case, steps: dict[str, Step]) -> str:
    """Judge what the steps told."""
    said = " · ".join(f"{role} ran={step['ran'] or '-'} {step['value'][:80]}" for role, step in steps.items())
    truth = {"before": steps["warm"]["truth"], "after": steps["after"]["truth"], "back": steps["back"]["truth"]}
    differs = truth["before"] != truth["after"]
    if truth["back"] != truth["before"] or (differs and case.expect in (HIT, EITHER)) or (not differs and case.expect == REBUILD):
        return f"MISDECLARED {truth}"
    for role, step in steps.items():
        right = truth["after"] if role.startswith("after") else truth["back"] if role == "back" else truth["before"]
        if step["value"] != right:
            fault = "ERROR" if step["error"] else "STALE"
            return f"{fault} at {role}: true is {right} · {said}"
    if "B" not in steps["warm"]["ran"]:
        return f"ERROR the first call did not build · {said}"
    needless = [role for role in ("hit", "control", "after2") if "B" in steps.get(role, {"ran": ""})["ran"]]
    if case.expect == HIT and "B" in steps["after"]["ran"]:
        needless.append("after")
    if "B" in steps["back"]["ran"] and not case.forgets and case.expect != EITHER:
        needless.append("back")
    return f"SPURIOUS at {', '.join(needless)} · {said}" if needless else "correct"


def _run(case: Case, work: Path) -> dict[str, Step]:
    project = Project(case, work)
    call, after = case.call, case.call_after or case.call
    if case.do is not None:
        return _process(case, project, "before", [
            ("warm", None, call, True), ("hit", None, call, False), ("after", case.do, after, True),
            ("after2", None, after, False), ("back", case.undo, call, True),
        ])  # fmt: skip
    told = _process(case, project, "before", [("warm", None, call, False), ("hit", None, call, True)])
    told["warm"]["truth"] = told["hit"]["truth"]
    told |= _process(case, project, "control", [("control", None, call, False)])
    project.change()
    told |= _process(case, project, "after", [("after", None, after, False), ("after2", None, after, True)])
    told["after"]["truth"] = told["after2"]["truth"]
    project.restore()
    return told | _process(case, project, "back", [("back", None, call, True)])


def _process(case: Case, project: Project, state: str, steps: list[tuple[str, str | None, str, bool]]) -> dict[str, Step]:
    changed = state == "after"
    result = project.work / f"{state}.json"
    spec = {
        "root": str(project.root),
        "clock": project.clock,
        "prep": case.prep,
        "result": str(result),
        "steps": [{"role": role, "do": do, "call": call, "truth": truth} for role, do, call, truth in steps],
    }
    start = (case.start_after if changed else None) or case.start
    command = {
        "import": [str(_INSIDE / "child.py")],
        "script": [str(project.root / "pipeline.py")],
        "module": ["-m", "pipeline"],
    }[start]
    flags = case.flags_after if changed else ()
    folder = project.root / (case.cwd_after or ".") if changed else project.root
    done = subprocess.run(
        [sys.executable, *flags, *command],
        cwd=folder,
        env=_environment(case, project, state, spec),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if done.returncode != 0 or not result.exists():
        raise RuntimeError(f"the process {state} ended with {done.returncode}: {done.stderr[-1500:]}")
    return {step["role"]: step for step in json.loads(result.read_text())}


def _environment(case: Case, project: Project, state: str, spec: dict[str, Any]) -> dict[str, str]:
    # In a file: a variable of another text each time would change the environment itself.
    (project.work / "steps.json").write_text(json.dumps(spec), encoding="utf-8")
    paths = [str(_INSIDE)] if "site-packages" in _PACKAGE.parts else [str(_INSIDE), str(_PACKAGE)]
    chosen = case.env if state != "after" or case.env_after is None else case.env_after
    return {
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        "HOME": str(project.work),
        "TMPDIR": str(project.work),
        "PYTHONPATH": os.pathsep.join(paths),
        "PYTHONHASHSEED": {"before": "1", "control": "2", "after": "3", "back": "4"}[state],
        "OPENBLAS_NUM_THREADS": "1",
        "STALE_STORE": str(project.work / "store"),
        "STALE_STEPS": str(project.work / "steps.json"),
        **chosen,
    }
