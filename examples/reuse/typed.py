"""Typed keys: what Python calls equal is told apart by its type.

Run: ``python examples/reuse/typed.py``.
"""

from heirloom.reuse import ttl_cache


@ttl_cache(ttl=60, typed=True)
def described(value: object) -> str:
    """Say what a value is."""
    return f"the {type(value).__name__} {value!r}"


one = (1, 1.0, "1", True)
for value in one * 2:
    print(described(value))
info = described.cache_info()  # type: ignore[attr-defined]
assert (info.misses, info.hits) == (4, 4), "four keys, each built once"
