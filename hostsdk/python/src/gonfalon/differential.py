"""Decides (snapshot, request) pairs from a file, for comparison with another host byte by byte.

    python -m gonfalon.differential PAIRS DECISIONS

PAIRS has, for each pair, two records, each with its length before it (u32, little-endian): the snapshot's bytes, or length 0 for
that of the pair before; then the request's bytes. DECISIONS gets, for each pair, the packed decision (u32, little-endian), then
the variant's name, its payload and the deciding gate's target, each with its length before it. A snapshot or request that the
module refuses gives 0xffffffff and three empty texts. ``-`` is standard input or output.

What a program could ask is asked again as a program would, by a context as it comes and by one prepared, which leave out of
their requests what the flag doesn't need. Another decision than that of the request ends it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, BinaryIO

import msgpack

from .abi import LoadError, RequestError, extension
from .conformance import Decider
from .context import Context
from .engine import Engine

REFUSED = b"\xff" * 4 + b"\0" * 12


def pairs(file: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """(snapshot, request) from a file. One that ends in the middle raises ValueError."""
    snapshot = b""
    while (head := file.read(4)) != b"":
        if changed := _body(file, head):
            snapshot = changed
        yield snapshot, _body(file, file.read(4))


def _body(file: BinaryIO, head: bytes) -> bytes:
    length = int.from_bytes(head, "little")
    body = file.read(length)
    if len(head) != 4 or len(body) != length:
        raise ValueError("the file ends in the middle of a record")
    return body


class Keyless:
    """An actor without a key."""

    actor_id = None


def question(request: bytes) -> tuple[str, Any, list[str], dict[str, object], int, int] | None:
    """Key, actor, groups, attributes, time and chance of a request for one flag; None if no program can ask so: the SDK would
    write another actor, other groups or other attributes than the request has."""
    unpacker = msgpack.Unpacker(ext_hook=extension)
    unpacker.feed(request)

    def part() -> tuple[Any, bytes]:
        start = unpacker.tell()
        value = unpacker.unpack()
        return value, request[start : unpacker.tell()]

    try:
        if unpacker.read_array_header() != 6:
            return None
        (key, _), (actor, actor_bytes), (groups, group_bytes), (now, _), (roll, _), (attributes, attribute_bytes) = (
            part() for _ in range(6)
        )
        if not isinstance(key, str) or unpacker.tell() != len(request):
            return None
        who = Keyless() if actor is False else actor
        context = Context(who, groups=groups, attributes=attributes)
        again = [msgpack.packb(value) for value in (context.actor, context.groups, context.attributes)]
    except (ValueError, TypeError, msgpack.UnpackException):
        return None
    if again != [actor_bytes, group_bytes, attribute_bytes]:
        return None
    return key, who, groups, attributes, now, roll


class Again:
    """Asks as a program would. An engine is kept as long as the snapshot stays the same."""

    count = 0

    def __init__(self) -> None:
        self._data = b""
        self._engine: Engine | None = None

    def ask(self, snapshot: bytes, request: bytes, packed: int) -> None:
        """Raises ValueError if the decision is another one than that of the request."""
        asked = question(request)
        if asked is None:
            return
        if self._engine is None or snapshot != self._data:
            self._data, self._engine = snapshot, Engine(snapshot)
        key, who, groups, attributes, now, roll = asked
        context = Context(who, groups=groups, attributes=attributes)
        answers = {
            "a context": self._engine.evaluate(key, who, groups, attributes, now, roll),
            "a prepared context": self._engine.evaluate(key, context, (), None, now, roll),
        }
        for way, answer in answers.items():
            if answer != packed:
                raise ValueError(f"{request.hex()} is {packed:#x}, asked by {way} {answer:#x}")
        self.count += 1


def decide(file: BinaryIO, out: BinaryIO) -> tuple[int, int]:
    """Writes a decision for each pair; gives how many, and how many of them were asked again."""
    decider, again = Decider(), Again()
    count = 0
    for snapshot, request in pairs(file):
        try:
            decision, written = decider.decide(snapshot, request, "")
            again.ask(snapshot, request, decision.packed)
        except (LoadError, RequestError):
            written = REFUSED
        out.write(written)
        count += 1
    return count, again.count


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m gonfalon.differential", description=__doc__.split("\n", 1)[0])
    parser.add_argument("pairs", metavar="PAIRS")
    parser.add_argument("decisions", metavar="DECISIONS")
    options = parser.parse_args(arguments)
    try:
        with ExitStack() as files:
            source = sys.stdin.buffer if options.pairs == "-" else files.enter_context(open(options.pairs, "rb"))  # noqa: PTH123
            out = sys.stdout.buffer if options.decisions == "-" else files.enter_context(open(options.decisions, "wb"))  # noqa: PTH123
            count, again = decide(source, out)
            out.flush()
    except (OSError, ValueError) as error:
        print(f"{options.pairs}: {error}", file=sys.stderr)
        return 1
    print(f"{count} decided, {again} of them again by contexts", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
