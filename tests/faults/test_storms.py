"""Kills at random, and everybody at one store at once: nothing torn, nothing acknowledged lost, nothing left over.

``HEIRLOOM_FAULT_KILLS`` and ``HEIRLOOM_FAULT_SECONDS`` make them as long as you like. Kills of collectors, repairs,
migrations and upgrades lie in ``crates/heirloom-core/tests/engine/care_storm.rs``. Promises: the number of what is lost is
compared with none, not with a bound. Refuses: timing.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
import warnings

import heirloom
import pytest
from stage import Child, ask_all, declare, in_child, is_right

KILLS = int(os.environ.get("HEIRLOOM_FAULT_KILLS", "25"))
SECONDS = float(os.environ.get("HEIRLOOM_FAULT_SECONDS", "4"))
HOURS = 3600


def command(folder, *words):
    """Run the command line on a store, in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "heirloom", *words, "--store", str(folder)],
        capture_output=True, text=True, check=False, timeout=600,
    )  # fmt: skip


def in_process(folder, *words):
    """Run the command line in this process, silently; for children only."""
    from heirloom._heirloom import run_command

    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    os.dup2(silent, 2)
    return run_command(["heirloom", *words, "--store", str(folder)])


def problems(folder):
    done = command(folder, "verify", "--json")
    assert done.stdout, done.stderr
    return json.loads(done.stdout)["problems"]


def is_tidy(folder):
    """After one more write in a new process, and when leftovers are old: nothing that nobody needs."""
    long_ago = time.time() - 2 * HOURS
    for path in (folder / "v1" / "locks").glob("*.lock"):
        os.utime(path, (long_ago, long_ago))
    in_child(lambda: declare(folder)("text", 7))
    assert list((folder / "v1" / "staging").iterdir()) == []
    assert [path.name for path in (folder / "v1" / "locks").iterdir()] == ["sweep"]
    # What a kill may leave are files that nothing points to, never a name with other bytes.
    found = {problem["value"]["problem"] for problem in problems(folder)}
    assert found <= {"orphan_blob", "orphan_record", "not_in_registry", "left_over"}
    assert command(folder, "gc", "--quiet").returncode == 0
    assert problems(folder) == []


@pytest.mark.timeout(0 if KILLS > 100 else 600)
def test_kills_at_random_leave_nothing_torn_and_lose_nothing(tmp_path):
    folder, chance = tmp_path / "store", random.Random("kills")

    def write(first, acknowledged):
        make = declare(folder)
        with acknowledged.open("a") as file:
            for size in range(first, first + 400):
                make("text", 9 * size)
                file.write(f"{9 * size}\n")
                file.flush()

    def care():
        while True:
            in_process(folder, "gc")
            in_process(folder, "verify", "--repair")

    kept = []
    for turn in range(KILLS):
        acknowledged = tmp_path / f"ack{turn}"
        victims = [Child(lambda turn=turn, file=acknowledged: write(200 + 400 * turn, file))]
        if turn % 2:
            victims.append(Child(care))
        time.sleep(chance.uniform(0.02, 0.35))
        for victim in victims:
            victim.kill()
        if acknowledged.exists():
            kept += [int(line) for line in acknowledged.read_text().splitlines(keepends=True) if line.endswith("\n")]

    def read():
        make = declare(folder)
        return [size for size in kept if not is_right("text", size, make("text", size))], list(make.built)

    assert len(kept) > KILLS
    wrong, built = in_child(read, 300)
    assert (wrong, built) == ([], []), f"torn or lost, of {len(kept)} that were acknowledged"
    is_tidy(folder)


@pytest.mark.timeout(0 if SECONDS > 60 else 600)
def test_clearing_collecting_and_repairing_beside_readers_and_writers(tmp_path):
    folder, limit = tmp_path / "store", SECONDS + 300
    in_child(lambda: ask_all(folder))

    def use(seed):
        make, chance, end = declare(folder), random.Random(seed), time.monotonic() + SECONDS
        calls, wrong = 0, 0
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            while calls < 20 or time.monotonic() < end:
                call = chance.choice(("text", "array", "tree")), 900 + 20_000 * chance.randrange(12)
                if chance.random() < 0.1:
                    make.refresh(*call)
                wrong += not is_right(*call, make(*call))
                make._shelf().let_go()
                calls += 1
        return {"wrong": wrong, "calls": calls, "told": [str(one.message) for one in told]}

    def clear():
        store, end, calls = heirloom.Store(folder, settings=None), time.monotonic() + SECONDS, 0
        while calls < 5 or time.monotonic() < end:
            store.clear()
            calls += 1
            time.sleep(0.05)
        return {"calls": calls}

    def look_after(*words):
        end, calls, codes = time.monotonic() + SECONDS, 0, set()
        while calls < 5 or time.monotonic() < end:
            codes.add(in_process(folder, *words))
            calls += 1
        return {"calls": calls, "codes": sorted(codes)}

    children = [Child(lambda seed=seed: use(seed)) for seed in range(2)]
    children += [Child(clear), Child(lambda: look_after("gc", "--disk", "1 MB")), Child(lambda: look_after("verify", "--repair"))]
    told = [child.result(limit) for child in children]
    for one in told[:2]:
        assert one["wrong"] == 0
        assert one["told"] == [], "what somebody else takes away is no fault"
    assert told[3]["codes"] == [0]
    assert set(told[4]["codes"]) <= {0, 1}, "1 says that something was found"
    is_tidy(folder)


def test_quarantine_is_bounded_without_anybody_collecting(tmp_path):
    folder = tmp_path / "store"
    make = declare(folder)
    make("text", 300_000)
    quarantine = folder / "v1" / "quarantine"
    quarantine.mkdir()
    for number in range(3):
        # Nothing but length: three times 200 MB that take no room.
        with (quarantine / f"{number:064x}").open("wb") as file:
            file.truncate(200 << 20)
    (blob,) = (folder / "v1" / "blobs").rglob("*.blob")
    blob.chmod(0o644)
    blob.write_bytes(b"rot")
    make._shelf().let_go()
    with pytest.warns(heirloom.HeirloomWarning, match="quarantine"):
        assert is_right("text", 300_000, make("text", 300_000))
    left = sorted(path.stat().st_size for path in quarantine.iterdir())
    assert left == [3, 200 << 20]
    assert blob.exists(), "and is kept again"
