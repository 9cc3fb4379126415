"""Compares the module's decisions with what the reference implementations answered.

    gonfalon conformance --emit-cases cases.jsonl && python -m gonfalon.conformance cases.jsonl

A file has one JSON object a line: ``{file, id, family, flag, snapshot, request, expect}`` with the bytes of FORMAT.md and ABI.md
in base64, or ``{file, id, family, flag, skipped}`` with the reason. A member that ``expect`` leaves out is not compared, and a
decision that needed no score has none to compare. The last line has the totals; the exit status is 1 if a case failed.
"""

from __future__ import annotations

import argparse
import base64
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from .abi import HAS_VARIANT, Loaded
from .decision import SCORES, Decision, Reason, Variant
from .instance import Instance


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one case: ``result`` is passed, failed or skipped; ``detail`` says what differs, or why it was skipped."""

    file: str
    id: Any
    family: str
    flag: str
    result: str
    detail: str = ""
    answer: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.file} {self.family} {self.id} ({self.flag}): {self.detail}"


class Decider:
    """Decides by raw request bytes. An instance is kept as long as the snapshot stays the same."""

    def __init__(self) -> None:
        self._data: bytes | None = None
        self._instance: Loaded | None = None

    def decide(self, snapshot: bytes, request: bytes, flag: str) -> tuple[Decision, bytes]:
        """The decision, and its bytes for comparison with another host."""
        instance = self._instance
        if instance is None or snapshot != self._data:
            instance = Instance(snapshot)
            self._data, self._instance = snapshot, instance
        packed, *texts = instance.raw(request)
        written = packed.to_bytes(4, "little") + b"".join(len(text).to_bytes(4, "little") + text for text in texts)
        name, payload, target = (text.decode("utf-8", "replace") for text in texts)
        return Decision(flag, packed, Variant(name, payload) if packed & HAS_VARIANT else None, target), written


def run(lines: Iterable[str | bytes]) -> Iterator[Outcome]:
    """The outcome of each case. A line that is no case raises ValueError."""
    decider = Decider()
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            case = json.loads(line)
            name = (str(case["file"]), case["id"], str(case["family"]), str(case["flag"]))
            if "skipped" in case:
                yield Outcome(*name, "skipped", str(case["skipped"]))
                continue
            snapshot = base64.b64decode(case["snapshot"], validate=True)
            request = base64.b64decode(case["request"], validate=True)
            expect = dict(case["expect"])
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"line {number} is not a case: {type(error).__name__}: {error}") from error
        try:
            decision, _ = decider.decide(snapshot, request, name[3])
        except Exception as error:  # noqa: BLE001 -- whatever it is, it is this case's failure
            yield Outcome(*name, "failed", f"{type(error).__name__}: {error}")
            continue
        answer = {
            "enabled": decision.enabled,
            "variant": decision.variant,
            "score16": None if decision.score is None else int(decision.score * SCORES),
        }
        differs = list(differences(expect, decision, answer))
        yield Outcome(*name, "failed" if differs else "passed", "; ".join(differs), answer)


def differences(expect: dict[str, Any], decision: Decision, answer: dict[str, Any]) -> Iterator[str]:
    if decision.reason is Reason.UNKNOWN_FLAG and expect.get("enabled") is not False:
        yield f"the snapshot has no flag {decision.key!r}"
    for member, wanted in expect.items():
        if member not in answer:
            yield f"there is no {member} to compare"
        elif member == "score16" and answer[member] is None:
            continue
        elif answer[member] != wanted:
            yield f"{member} is {answer[member]!r}, the reference answered {wanted!r}"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m gonfalon.conformance",
        description="Compare the module's decisions with what the reference implementations answered.",
    )
    parser.add_argument("files", metavar="FILE", nargs="+", type=Path, help="made by: gonfalon conformance --emit-cases FILE")
    parser.add_argument(
        "--json", action="store_true", help="print one JSON object for each case instead of a line for each family"
    )
    options = parser.parse_args(arguments)

    totals: Counter[str] = Counter()
    families: dict[tuple[str, str], Counter[str]] = {}
    reasons: Counter[str] = Counter()
    try:
        for path in options.files:
            with path.open("rb") as lines:
                for outcome in run(lines):
                    totals[outcome.result] += 1
                    families.setdefault((outcome.file, outcome.family), Counter())[outcome.result] += 1
                    if options.json:
                        print(json.dumps(asdict(outcome), ensure_ascii=False))
                    elif outcome.result == "failed":
                        print(f"failed {outcome}")
                    elif outcome.result == "skipped":
                        reasons[outcome.detail] += 1
    except (OSError, ValueError) as error:
        print(f"{path}: {error}", file=sys.stderr)
        return 2
    if not options.json:
        for (file, family), counts in families.items():
            print(f"{file:<22} {family:<16} {_counts(counts, 6)}")
        for reason, count in reasons.items():
            print(f"skipped {count}: {reason}")
    if not totals["passed"] + totals["failed"]:
        print("no case was asked", file=sys.stderr)
        return 2
    print(f"{totals['passed']} passed, {totals['failed']} failed, {totals['skipped']} skipped")
    return 1 if totals["failed"] else 0


def _counts(counts: Counter[str], width: int) -> str:
    return " ".join(f"{counts[result]:>{width}} {result}" for result in ("passed", "failed", "skipped"))


if __name__ == "__main__":
    sys.exit(main())
