"""Soak: processes that read, write, refresh, clear and collect one store, while faults are injected at random.

    PYTHONPATH=python python tests/faults/soak.py --minutes 10 --processes 4 --seed 1

Long, so it is a command and no test. Reports builds, hits, wrong values (must be 0), exceptions (must be 0), and what grew:
memory and descriptors of each process, files that nothing points to. Promises: values say by themselves whether they are
right. Refuses: to stop at the first finding.
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

from stage import Child, declare, is_right  # noqa: E402 - the home comes first


def footprint() -> tuple[int, int]:
    """Tell resident bytes and open descriptors of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE"), len(os.listdir("/proc/self/fd"))


def work(folder: Path, seed: int, end: float) -> dict[str, Any]:
    """Use the store until the end; tell what happened."""
    warnings.simplefilter("ignore")
    chance, told = random.Random(seed), collections.Counter[str]()
    make = declare(folder, memory="8 MB", disk="60 MB")
    make("text", 1_000)
    before = footprint()
    while time.monotonic() < end:
        call = chance.choice(("text", "array", "tree")), 500 + 4_001 * chance.randrange(60)
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
    told["builds"], told["resident grew"] = len(make.built), footprint()[0] - before[0]
    told["descriptors grew"] = footprint()[1] - before[1]
    return dict(told)


def hurt(folder: Path, chance: random.Random) -> None:
    """Damage, cut, remove or plant one file of the store."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.suffix not in (".sqlite-shm", ".sqlite-wal")]
    if not files:
        return
    path = chance.choice(files)
    try:
        path.chmod(0o644)
        how = chance.randrange(4)
        if how == 0:
            path.unlink()
        elif how == 1:
            # In place of the old file, never in it: what is mapped just now must stay.
            content = bytearray(path.read_bytes())
            content[chance.randrange(len(content))] ^= 1
            path.unlink()
            path.write_bytes(content)
        elif how == 2:
            path.unlink()
            path.symlink_to("/etc/hostname")
        else:
            (folder / "v1" / "staging" / f"left{chance.randrange(1000)}").write_bytes(b"x" * 1000)
    except (OSError, IndexError, ValueError):
        pass


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
    faults = kills = 0
    while time.monotonic() < end:
        time.sleep(0.2)
        if not options.no_faults:
            hurt(folder, chance)
            faults += 1
        if chance.random() < 0.2:
            victim = Child(lambda seed=kills: work(folder, 1000 + seed, end))
            time.sleep(chance.uniform(0.05, 0.3))
            victim.kill()
            kills += 1
    total = collections.Counter[str]()
    for worker in workers:
        told = worker.result(120)
        print(told)
        total.update(told)
    kept = sum(1 for path in folder.rglob("*") if path.is_file())
    print(f"{faults} faults, {kills} kills, {kept} files left")
    print(dict(total))
    bad = total["wrong"] + sum(number for what, number in total.items() if what.startswith("raised"))
    print("FAILED" if bad else "fine")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
