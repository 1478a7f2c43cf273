"""Bytes to read into: aligned, zeroed, used again.

Run: ``python examples/reuse/buffer_pool.py``.
"""

import io

from heirloom.reuse import BufferPool

buffers = BufferPool([4096, 65536])
file = io.BytesIO(b"a line of text\n" * 10_000)
total = 0
for _ in range(30):
    with buffers.lend(4096) as page:
        count = file.readinto(page)
        total += bytes(page[:count]).count(b"\n")
print(f"{total} lines, with {buffers.stats()[0].made} buffer")
assert buffers.stats()[0].made == 1

with buffers.lend(4096) as page:
    assert not any(page), "nothing of what was read before can be seen"
