"""Decides (snapshot, request) pairs from a file, for comparison with another host byte by byte.

    python -m gonfalon.differential PAIRS DECISIONS

PAIRS has, for each pair, two records, each with its length before it (u32, little-endian): the snapshot's bytes, or length 0 for
that of the pair before; then the request's bytes. DECISIONS gets, for each pair, the packed decision (u32, little-endian), then
the variant's name, its payload and the deciding gate's target, each with its length before it. A snapshot or request that the
module refuses gives 0xffffffff and three empty texts. ``-`` is standard input or output.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from typing import BinaryIO

from .conformance import Decider
from .instance import LoadError, RequestError

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


def decide(file: BinaryIO, out: BinaryIO) -> int:
    """Writes a decision for each pair; gives how many."""
    decider = Decider()
    count = 0
    for snapshot, request in pairs(file):
        try:
            _, written = decider.decide(snapshot, request, "")
        except (LoadError, RequestError):
            written = REFUSED
        out.write(written)
        count += 1
    return count


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m gonfalon.differential", description=__doc__.split("\n", 1)[0])
    parser.add_argument("pairs", metavar="PAIRS")
    parser.add_argument("decisions", metavar="DECISIONS")
    options = parser.parse_args(arguments)
    try:
        with ExitStack() as files:
            source = sys.stdin.buffer if options.pairs == "-" else files.enter_context(open(options.pairs, "rb"))  # noqa: PTH123
            out = sys.stdout.buffer if options.decisions == "-" else files.enter_context(open(options.decisions, "wb"))  # noqa: PTH123
            count = decide(source, out)
            out.flush()
    except (OSError, ValueError) as error:
        print(f"{options.pairs}: {error}", file=sys.stderr)
        return 1
    print(f"{count} decided", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
