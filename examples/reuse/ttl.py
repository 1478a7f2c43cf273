"""A cache whose entries expire: after a time, when nobody uses them, or as each says itself.

The clock is turned by hand, so the example takes no time. Run: ``python examples/reuse/ttl.py``.
"""

from heirloom.reuse import Cache

MINUTE = 60.0
now = 0.0

sessions: Cache[int, tuple[str, float]] = Cache(
    ttl=60 * MINUTE,
    idle=10 * MINUTE,
    expire_after=lambda _, token: token[1],
    on_leave=lambda number, token, cause: print(f"  session {number} of {token[0]} left: {cause.value}"),
    timer=lambda: now,
)
sessions[1] = ("Ann", 30 * MINUTE)
sessions[2] = ("Bob", 120 * MINUTE)
for passed in range(9, 64, 9):
    now = passed * MINUTE
    # Whoever comes, the sessions that are over are freed; none must be asked for again.
    alive = [token[0] for token in map(sessions.get, (1, 2)) if token]
    print(f"after {passed} minutes: {alive}")
assert len(sessions) == 0
