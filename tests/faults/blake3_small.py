"""BLAKE3 in a page of plain Python, for the forger: an attacker needs no library either.

After the reference implementation of the BLAKE3 team (https://github.com/BLAKE3-team/BLAKE3, section 2 of the paper).
Promises: the plain hash of 32 bytes. Refuses: keyed modes, and speed.
"""

from __future__ import annotations

import struct

_IV = (0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19)
_ORDER = (2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8)
_START, _END, _PARENT, _ROOT = 1, 2, 4, 8
_MASK = 0xFFFFFFFF
_MIXES = (
    (0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
    (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14),
)  # fmt: skip


def _compress(chain: tuple[int, ...], block: bytes, counter: int, flags: int) -> tuple[int, ...]:
    words = list(struct.unpack("<16I", block.ljust(64, b"\0")))
    state = [*chain, *_IV[:4], counter & _MASK, counter >> 32, len(block), flags]
    for turn in range(7):
        for at, (a, b, c, d) in enumerate(_MIXES):
            for word, first, second in ((words[2 * at], 16, 12), (words[2 * at + 1], 8, 7)):
                state[a] = (state[a] + state[b] + word) & _MASK
                state[d] = _turned(state[d] ^ state[a], first)
                state[c] = (state[c] + state[d]) & _MASK
                state[b] = _turned(state[b] ^ state[c], second)
        if turn < 6:
            words = [words[at] for at in _ORDER]
    return tuple(state[at] ^ state[at + 8] for at in range(8))


def _turned(word: int, by: int) -> int:
    return (word >> by | word << (32 - by)) & _MASK


def _chunk(chunk: bytes, counter: int, root: int) -> tuple[int, ...]:
    chain, blocks = _IV, [chunk[at : at + 64] for at in range(0, len(chunk), 64)] or [b""]
    for at, block in enumerate(blocks):
        last = at + 1 == len(blocks)
        flags = (_START if at == 0 else 0) | ((_END | root) if last else 0)
        chain = _compress(chain, block, counter, flags)
    return chain


def _tree(data: bytes, counter: int, root: int) -> tuple[int, ...]:
    if len(data) <= 1024:
        return _chunk(data, counter, root)
    left = 1024
    while left * 2 < len(data):
        left *= 2
    both = _tree(data[:left], counter, 0) + _tree(data[left:], counter + left // 1024, 0)
    return _compress(_IV, struct.pack("<16I", *both), 0, _PARENT | root)


def blake3(data: bytes) -> bytes:
    """Digest some bytes."""
    return struct.pack("<8I", *_tree(data, 0, _ROOT))
