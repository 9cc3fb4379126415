"""Which flags another snapshot, or the time, can decide otherwise. It reads the records of FORMAT.md; both snapshots have been
loaded, so they are sound, but a newer server may have written some in a form that isn't known here."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgpack

# The members of a flag's record.
_GROUPS, _RULES, _VARIANTS, _PREREQUISITES, _WINDOWS = 5, 6, 7, 8, 9


class Records:
    """A snapshot's records by key, and how flags refer to others."""

    def __init__(self, data: bytes | None) -> None:
        header, segments, flags, _ = msgpack.unpackb(data, unicode_errors="replace") if data else ([None] * 7, [], [], None)
        self.settings = header[5]
        self.segments: dict[str, bytes] = dict(segments)
        self.flags: dict[str, bytes] = dict(flags)

    def record(self, key: str) -> list[Any]:
        """A flag's record; nothing if it is of an unknown form."""
        try:
            record = msgpack.unpackb(self.flags[key], unicode_errors="replace", strict_map_key=False)
        except (KeyError, ValueError, msgpack.UnpackException):
            return []
        return record if isinstance(record, list) and len(record) > _WINDOWS else []

    def segments_of(self, key: str) -> set[str]:
        """The segments that a flag's gates name."""
        record = self.record(key)
        return {rule[1] for rule in (record[_RULES] if record else ()) if isinstance(rule[1], str)}

    def parents_of(self, key: str) -> set[str]:
        """The flags that a flag requires, on or off."""
        record = self.record(key)
        return set(record[_PREREQUISITES][::2]) if record else set()

    def edges_of(self, key: str) -> list[int]:
        """When a flag's schedules open and close, in Unix microseconds."""
        record = self.record(key)
        return list(record[_WINDOWS]) if record else []

    def has_groups(self, key: str) -> bool:
        """Whether a flag has gates for groups, which a setting weighs."""
        record = self.record(key)
        return not record or bool(record[_GROUPS])

    def payloads_of(self, key: str) -> list[bytes]:
        """The payloads of a flag's variants, as JSON."""
        record = self.record(key)
        return [variant[2] for variant in (record[_VARIANTS] if record else ()) if isinstance(variant[2], bytes)]


def with_dependents(keys: Iterable[str], *snapshots: Records) -> frozenset[str]:
    """These flags, and those that require one of them, through any number of parents, in one of the snapshots."""
    children: dict[str, set[str]] = {}
    for records in snapshots:
        for key in records.flags:
            for parent in records.parents_of(key):
                children.setdefault(parent, set()).add(key)
    found = set(keys)
    queue = list(found)
    while queue:
        for child in children.get(queue.pop(), ()):
            if child not in found:
                found.add(child)
                queue.append(child)
    return frozenset(found)


def changed_flags(old: bytes | None, new: bytes) -> frozenset[str]:
    """The keys of every flag whose decision can differ."""
    before, after = Records(old), Records(new)
    every = before.flags.keys() | after.flags.keys()
    changed = {key for key in every if before.flags.get(key) != after.flags.get(key)}
    if old is not None and before.settings != after.settings:
        changed |= {key for key in every if before.has_groups(key) or after.has_groups(key)}
    segments = {
        key for key in before.segments.keys() | after.segments.keys() if before.segments.get(key) != after.segments.get(key)
    }
    if segments:
        changed |= {key for key in every if segments & (before.segments_of(key) | after.segments_of(key))}
    return with_dependents(changed, before, after)


def next_edge(data: bytes, now: int) -> tuple[int, frozenset[str]] | None:
    """The next time after now at which a schedule opens or closes, in Unix microseconds, and the flags whose decision can
    differ from then on; None if there is none."""
    records = Records(data)
    at: int | None = None
    keys: list[str] = []
    for key in records.flags:
        for edge in records.edges_of(key):
            if not now < edge < OPEN or (at is not None and edge > at):
                continue
            if edge != at:
                at, keys = edge, []
            keys.append(key)
    return None if at is None else (at, with_dependents(keys, records))


OPEN = (1 << 63) - 1  # the end of a window that has none
