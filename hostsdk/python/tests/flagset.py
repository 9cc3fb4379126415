"""Snapshots, deltas and frames for tests."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import msgpack

from gonfalon.testing import FlagForTest, compile_for_test

DATA = Path(__file__).parent / "data"
TREE = Path(__file__).parents[3]
LINEAGE = bytes(range(1, 17))
OTHER_LINEAGE = bytes(range(16))


def snapshot(revision: int = 1, lineage: bytes = LINEAGE, environment: str = "default", **flags: Any) -> bytes:
    """A snapshot of flags that are on or off, or (a string) serve a variant."""
    made = {k: FlagForTest(on=v) if isinstance(v, bool) else FlagForTest(variant=(v, None)) for k, v in flags.items()}
    return compile_for_test(made, revision, environment, lineage)


def delta(base: bytes, result: bytes) -> bytes:
    """The delta from one snapshot to another, by FORMAT.md."""
    header, segments, flags, identity = msgpack.unpackb(result)
    _, old_segments, old_flags, base_identity = msgpack.unpackb(base)
    return msgpack.packb([header, base_identity, _difference(old_segments, segments), _difference(old_flags, flags), identity])


def _difference(old: list[Any], new: list[Any]) -> list[Any]:
    before, after = dict(old), dict(new)
    keys = sorted(before.keys() | after.keys(), key=str.encode)
    return [[key, after.get(key)] for key in keys if before.get(key) != after.get(key)]


def position(data: bytes) -> str:
    header, _, _, identity = msgpack.unpackb(data)
    return f"{header[3].hex()}-{header[4]}-{identity.hex()}"


def identity(data: bytes) -> str:
    return msgpack.unpackb(data)[3].hex()


def frame(kind: str, data: bytes, at: str) -> bytes:
    return f"event: {kind}\nid: {at}\ndata: {base64.b64encode(data).decode()}\n\n".encode()
