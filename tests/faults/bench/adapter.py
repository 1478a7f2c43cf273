"""Heirloom's adapter for a fault bench of Python disk memoisers, and the forger of our format for its tampering check.

``make(store_dir, ttl)`` gives a decorator with ``clear()``. ``forge_raw`` is the strongest attacker without the key: it
knows every byte of our formats and recomputes every digest that is not keyed. Promises: nothing here is a special
case; what is not a default stands in ``CONFIG``. ``MEMORY=0`` in the environment's ``HEIRLOOM_BENCH_MEMORY`` switches the
memory tier off. Refuses: to be imported by the tests of the project; ``forge.py`` has what both share.
"""

from __future__ import annotations

import os
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import heirloom

sys.path.insert(0, os.environ.get("HEIRLOOM_FORGE") or str(Path(__file__).resolve().parents[1]))
import forge

MEMORY = os.environ.get("HEIRLOOM_BENCH_MEMORY")
CODE = os.environ.get("HEIRLOOM_BENCH_CODE", "closure")
LABEL, DISTS = "heirloom" + (" (no memory tier)" if MEMORY == "0" else ""), ["heirloom-cache"]
CONFIG = f"heirloom.Store(DIR).cached(code={CODE!r})" + ("" if MEMORY is None else f", memory={MEMORY}")
TTL = True
PREIMPORT = True


def make(store_dir: str, ttl: float | None = None) -> Any:
    """Give the decorator for one store."""
    store = heirloom.Store(store_dir, settings=None, memory=None if MEMORY is None else int(MEMORY))
    options: dict[str, Any] = {"code": CODE}
    if ttl is not None:
        options["ttl"] = timedelta(seconds=ttl)

    def decorator(function: Any) -> Any:
        return store.cached(function, **options)

    decorator.clear = store.clear  # type: ignore[attr-defined]
    return decorator


def forge_raw(store_dir: str, evil: bytes) -> int:
    """Put a pickle in the place of every stored payload, with every unkeyed digest made right."""
    return forge.replace_payloads(Path(store_dir), lambda frames: [frames[0], evil, *frames[2:]])
