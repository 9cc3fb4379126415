"""Which flags another snapshot, or the time, can decide otherwise. It reads the records of FORMAT.md; both snapshots have been
loaded, so they are sound, but a newer server may have written some in a form that isn't known here.

Why: RATIONALE.md "Why do SDKs read flags' records?"
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from typing import Any

import msgpack

# The members of a flag's record, and one of a header's counts.
_GROUPS, _RULES, _VARIANTS, _PREREQUISITES, _WINDOWS = 5, 6, 7, 8, 9
_SCHEDULES = 8
_DENIED, _ALLOWED = 1, 2


class Records:
    """A snapshot's records by key, and how flags refer to others."""

    def __init__(self, data: bytes | None) -> None:
        header, segments, flags, _ = msgpack.unpackb(data, unicode_errors="replace") if data else ([None] * 7, [], [], None)
        self.settings = header[5]
        self.segments: dict[str, bytes] = dict(segments)
        self.flags: dict[str, bytes] = dict(flags)

    def part(self, key: str, index: int) -> list[Any]:
        """A list in a flag's record; nothing if the record is of an unknown form."""
        try:
            record = msgpack.unpackb(self.flags[key], unicode_errors="replace", strict_map_key=False)
        except (KeyError, TypeError, ValueError, msgpack.UnpackException):
            return []
        part = _member(record, index)
        return part if isinstance(part, list) else []

    def segments_of(self, key: str) -> set[str]:
        """The segments that a flag's gates name."""
        named = (_member(rule, 1) for rule in self.part(key, _RULES))
        return {segment for segment in named if isinstance(segment, str)}

    def parents_of(self, key: str) -> set[str]:
        """The flags that a flag requires, on or off."""
        return {parent for parent in self.part(key, _PREREQUISITES)[::2] if isinstance(parent, str)}

    def edges_of(self, key: str) -> list[int]:
        """When a flag's schedules open and close, in Unix microseconds."""
        return [edge for edge in self.part(key, _WINDOWS) if isinstance(edge, int)]

    def is_torn(self, key: str) -> bool:
        """Whether a flag allows some groups and denies others, so that the setting of which win matters."""
        states = self.part(key, _GROUPS)[1::2]
        return any(state != _ALLOWED for state in states) and any(state != _DENIED for state in states)

    def payloads_of(self, key: str) -> list[bytes]:
        """The payloads of a flag's variants, as JSON."""
        payloads = (_member(variant, 2) for variant in self.part(key, _VARIANTS))
        return [payload for payload in payloads if isinstance(payload, bytes)]


def _member(of: Any, index: int) -> Any:
    return of[index] if isinstance(of, list) and len(of) > index else None


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
        changed |= {key for key in every if before.is_torn(key) or after.is_torn(key)}
    segments = {
        key for key in before.segments.keys() | after.segments.keys() if before.segments.get(key) != after.segments.get(key)
    }
    if segments:
        changed |= {key for key in every if segments & (before.segments_of(key) | after.segments_of(key))}
    return with_dependents(changed, before, after)


class Schedules:
    """When the schedules of a snapshot open and close, in Unix microseconds."""

    def __init__(self, data: bytes) -> None:
        self._records = Records(data)
        flags = self._records.flags
        self._edges = sorted((edge, key) for key in flags for edge in self._records.edges_of(key) if edge not in OPEN)

    def next(self, after: int) -> int | None:
        """The first edge after a time; None if there is none."""
        place = bisect_right(self._edges, after, key=_time)
        return self._edges[place][0] if place < len(self._edges) else None

    def passed(self, after: int, until: int) -> frozenset[str]:
        """The flags whose decision the edges after one time and not after another can change."""
        first, last = (bisect_right(self._edges, at, key=_time) for at in (after, until))
        return with_dependents((key for _, key in self._edges[first:last]), self._records)


def has_schedules(data: bytes) -> bool:
    """Whether a snapshot has any schedule. It reads the header alone."""
    reader = msgpack.Unpacker(unicode_errors="replace")
    reader.feed(data[:HEADER_BYTES])
    reader.read_array_header()
    return bool(reader.unpack()[6][_SCHEDULES])


OPEN = (-(1 << 63), (1 << 63) - 1)  # the ends of a window that has none
HEADER_BYTES = 4096  # more than a header can take


def _time(edge: tuple[int, str]) -> int:
    return edge[0]
