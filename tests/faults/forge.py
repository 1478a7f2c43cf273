"""The strongest attacker without the key: knows every byte of our formats and makes every unkeyed digest right.

Used by the tests of the project and by the adapter of the fault bench. Promises: a forged store is whole for
everything but a MAC: blobs carry the digest of their bytes, records that of their body, rows and seals fit. Refuses: to
know the key.
"""

from __future__ import annotations

import json
import os
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

from blake3_small import blake3

if TYPE_CHECKING:
    from collections.abc import Callable

ALIGN = 64


def frames_of(blob: bytes) -> list[bytes]:
    """Take a blob apart."""
    count = int.from_bytes(blob[12:16], "little")
    at, frames = _aligned(16 + 8 * count), []
    for index in range(count):
        length = int.from_bytes(blob[16 + 8 * index : 24 + 8 * index], "little")
        frames.append(blob[at : at + length])
        at = _aligned(at + length)
    return frames


def blob_of(frames: list[bytes]) -> bytes:
    """Put a blob together."""
    head = b"HEIRBLOB" + (1).to_bytes(4, "little") + len(frames).to_bytes(4, "little")
    head += b"".join(len(frame).to_bytes(8, "little") for frame in frames)
    blob = head.ljust(_aligned(len(head)), b"\0")
    for frame in frames:
        blob = blob.ljust(_aligned(len(blob)), b"\0") + frame
    return blob


def registry(store: Path) -> sqlite3.Connection:
    """Open a store's registry as an attacker would."""
    return sqlite3.connect(store / "v1" / "registry.sqlite")


def write_record(store: Path, entry: bytes, record: dict[str, Any]) -> None:
    """Write a record's file with the right digest of its body."""
    body = json.dumps(record, separators=(",", ":"), ensure_ascii=False).encode()
    path = store / "v1" / "records" / entry.hex()[:2] / f"{entry.hex()}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.write_bytes(b"heirloom-record 1 " + blake3(body).hex().encode() + b"\n" + body + b"\n")


def write_blob(store: Path, blob: bytes) -> bytes:
    """Write a blob under the digest of its bytes; return that."""
    content = blake3(blob)
    path = store / "v1" / "blobs" / content.hex()[:2] / f"{content.hex()}.blob"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.write_bytes(blob)
    path.chmod(0o444)
    return content


def replace_payloads(store: Path, change: Callable[[list[bytes]], list[bytes]], rows: str = "1") -> int:
    """Replace the frames of every entry, with blob, record, row and seal made right; return how many."""
    with registry(store) as connection:
        found = connection.execute(f"SELECT entry, content, inline, record FROM entries WHERE {rows}").fetchall()
        for entry, content, inline, text in found:
            old = store / "v1" / "blobs" / content.hex()[:2] / f"{content.hex()}.blob"
            frames = change(frames_of(inline if inline is not None else old.read_bytes()))
            blob, record = blob_of(frames), json.loads(text)
            fresh = write_blob(store, blob)
            code = blake3(frames[0])
            record.update(content=fresh.hex(), bytes=len(blob), code=code.hex())
            write_record(store, entry, record)
            small = blob if len(blob) <= 16_384 else None
            connection.execute(
                "UPDATE entries SET content = ?, bytes = ?, code = ?, inline = ?, record = ? WHERE entry = ?",
                (fresh, len(blob), code, small, json.dumps(record, separators=(",", ":")), entry),
            )
            seal(connection, store, fresh)
    connection.close()
    return len(found)


def seal(connection: sqlite3.Connection, store: Path, content: bytes) -> None:
    """Forge the note that a blob was verified; without the key, its MAC is whatever was there."""
    path = store / "v1" / "blobs" / content.hex()[:2] / f"{content.hex()}.blob"
    stat, boot = os.stat(path), Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    mac = connection.execute("SELECT mac FROM blobs LIMIT 1").fetchone()
    connection.execute(
        "INSERT OR REPLACE INTO blobs VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (content, stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, boot, mac and mac[0]),
    )


def _aligned(length: int) -> int:
    return -(-length // ALIGN) * ALIGN
