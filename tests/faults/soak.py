"""Soak: processes that read, write, refresh, forget, clear and collect one store, while faults are injected at random.

    PYTHONPATH=python python tests/faults/soak.py --minutes 10 --processes 4 --seed 1

Long, so it is a command; ``test_soak.py`` runs ten seconds of it. Beside the load there are kills of writers, collections
and repairs, damage, cuts, lost and planted files, a full budget. Reports builds, hits, wrong values (must be 0), exceptions
(must be 0), and what grew after the first quarter: memory and descriptors of each process, files that nothing points to.
Promises: values say by themselves whether they are right. Refuses: to stop at the first finding.
"""

from __future__ import annotations

import argparse
import collections
import os
import random
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

_home = tempfile.mkdtemp(prefix="heirloom-soak-")
os.environ["XDG_CONFIG_HOME"] = _home
sys.path.insert(0, str(Path(__file__).parent))

from stage import Child, declare, in_child, is_right  # noqa: E402 - the home comes first

GROWTH = 64 << 20
"""Resident bytes that a process may gain after its first quarter: the memory tier's 8 MB, and what the allocators keep."""
KINDS = ("text", "array", "tree")


def footprint() -> tuple[int, int]:
    """Tell resident bytes and open descriptors of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE"), len(os.listdir("/proc/self/fd"))


def work(folder: Path, seed: int, end: float) -> dict[str, Any]:
    """Use the store until the end; tell what happened."""
    warnings.simplefilter("ignore")
    chance, told = random.Random(seed), collections.Counter[str]()
    make = declare(folder, memory="8 MB", disk="60 MB")
    quarter, before = time.monotonic() + (end - time.monotonic()) / 4, footprint()
    while time.monotonic() < end:
        if time.monotonic() < quarter:
            before = footprint()
        call = chance.choice(KINDS), 500 + 4_001 * chance.randrange(60)
        told["calls"] += 1
        try:
            act = chance.random()
            if act < 0.003:
                make.cache_clear()
            elif act < 0.01:
                make.refresh(*call)
            elif act < 0.02:
                make.forget(*call)
            elif act < 0.3:
                make._shelf().let_go()
            told["wrong"] += not is_right(*call, make(*call))
        except Exception as error:
            told[f"raised {type(error).__name__}: {error}"[:100]] += 1
    told["builds"] = len(make.built)
    told["hits"] = told["calls"] - told["builds"]
    after = footprint()
    told["resident grew"], told["descriptors grew"] = after[0] - before[0], after[1] - before[1]
    return dict(told)


def hurt(folder: Path, chance: random.Random) -> str:
    """Damage, cut, remove or plant one file of the store; say what was done."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.suffix not in (".sqlite-shm", ".sqlite-wal")]
    how = chance.choice(("unlinked", "flipped", "cut", "linked", "planted"))
    try:
        path = chance.choice(files)
        if how == "planted":
            (folder / "v1" / "staging" / f"left{chance.randrange(1000)}").write_bytes(b"x" * 1000)
            return how
        content = bytearray(path.read_bytes())
        # In place of the old file, never in it: what is mapped just now must stay.
        path.unlink()
        if how == "flipped":
            content[chance.randrange(len(content))] ^= 1
            path.write_bytes(content)
        elif how == "cut":
            path.write_bytes(content[: chance.randrange(len(content))])
        elif how == "linked":
            path.symlink_to("/etc/hostname")
    except (OSError, IndexError, ValueError):
        return "came too late"
    return how


def command(folder: Path, *words: str) -> None:
    """Run the command line in a child, silently."""
    from heirloom._heirloom import run_command

    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    os.dup2(silent, 2)
    run_command(["heirloom", *words, "--store", str(folder)])


def inject(folder: Path, chance: random.Random, end: float, did: collections.Counter[str]) -> None:
    """Do one harm, or look after the store as somebody else does; kill one in the midst of it."""
    did[hurt(folder, chance)] += 1
    act = chance.random()
    if act < 0.2:
        victim, what = Child(lambda: work(folder, chance.randrange(1 << 30), end)), "killed writers"
    elif act < 0.3:
        words = chance.choice((("gc",), ("gc", "--disk", "20 MB"), ("verify", "--repair")))
        victim, what = Child(lambda: command(folder, *words)), f"killed {words[0]}"
    else:
        return
    time.sleep(chance.uniform(0.02, 0.4))
    victim.kill()
    did[what] += 1


def left_over(folder: Path) -> list[str]:
    """Mend, collect, and tell what is left that nobody needs."""
    long_ago = time.time() - 7200
    for path in (folder / "v1" / "locks").glob("*.lock"):
        os.utime(path, (long_ago, long_ago), follow_symlinks=False)
    in_child(lambda: command(folder, "verify", "--repair"), 600)
    in_child(lambda: command(folder, "gc"), 600)
    found = [*(folder / "v1" / "staging").iterdir(), *(folder / "v1" / "locks").glob("*.lock")]
    records = {path.stem for path in (folder / "v1" / "records").rglob("*.json")}
    blobs = list((folder / "v1" / "blobs").rglob("*.blob"))
    if len(blobs) > len(records):
        found += blobs[len(records) :]
    kept = sum(path.lstat().st_size for path in (folder / "v1" / "quarantine").glob("*"))
    return [str(path) for path in found] + ([f"{kept} bytes in quarantine"] if kept > 256 << 20 else [])


def main() -> int:
    """Run the soak; return 1 when something was wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--processes", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-faults", action="store_true", help="only the load")
    options = parser.parse_args()
    folder = Path(_home) / "store"
    end, chance = time.monotonic() + 60 * options.minutes, random.Random(options.seed)
    workers = [Child(lambda seed=seed: work(folder, seed, end)) for seed in range(options.processes)]
    did, total, bad = collections.Counter[str](), collections.Counter[str](), 0
    while time.monotonic() < end:
        time.sleep(0.2)
        if not options.no_faults and folder.exists():
            inject(folder, chance, end, did)
    for worker in workers:
        told = worker.result(600)
        print(told)
        total.update(told)
        bad += told["resident grew"] > GROWTH or told["descriptors grew"] > 8
    left = left_over(folder)
    print("injected:", dict(did))
    print("in all:", dict(total))
    print("left over:", left)
    bad += total["wrong"] + sum(number for what, number in total.items() if what.startswith("raised")) + len(left)
    print("FAILED" if bad else "fine")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
