from __future__ import annotations

import base64
import io
import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgpack
import pytest

from flagset import TREE, snapshot
from gonfalon import conformance, differential
from gonfalon.engine import Engine

VECTORS = sorted((TREE / "engine/conformance").glob("*.json*"))


def case(flags: bytes, flag: str, actor: str | None = None, **more: Any) -> dict[str, Any]:
    request = msgpack.packb([flag, actor, [], 0, 0, {}])
    return {
        "file": "made.jsonl",
        "id": 1,
        "family": "made",
        "flag": flag,
        "snapshot": base64.b64encode(flags).decode(),
        "request": base64.b64encode(request).decode(),
        **more,
    }


def run(tmp_path: Path, *cases: Any, arguments: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    file = tmp_path / "cases.jsonl"
    file.write_text("\n".join(case if isinstance(case, str) else json.dumps(case) for case in cases) + "\n")
    command = [sys.executable, "-m", "gonfalon.conformance", *arguments, str(file)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.skipif(not VECTORS, reason="the vectors are in the source tree")
def test_all_that_the_references_answered(binary: Path, tmp_path: Path) -> None:
    file = tmp_path / "cases.jsonl"
    subprocess.run([binary, "conformance", "--emit-cases", *VECTORS, file], check=True)
    with file.open("rb") as lines:
        outcomes = list(conformance.run(lines))
    assert [str(outcome) for outcome in outcomes if outcome.result == "failed"] == []
    asked = sum(path.read_bytes().count(b"\n") for path in VECTORS if path.suffix == ".jsonl")
    passed = [outcome for outcome in outcomes if outcome.result == "passed"]
    skipped = [outcome for outcome in outcomes if outcome.result == "skipped"]
    assert len([outcome for outcome in outcomes if outcome.file.endswith(".jsonl")]) == asked
    assert len(passed) > 6000 and len(skipped) < 50
    assert all(outcome.detail for outcome in skipped)
    # As a program would ask, the decisions are the same: the driver sees to that.
    written = bytearray()
    lines = file.read_text().splitlines()[::4]  # each has a snapshot of its own, and an instance takes its time
    for line in lines:
        if "snapshot" in (made := json.loads(line)):
            for body in (base64.b64decode(made["snapshot"]), base64.b64decode(made["request"])):
                written += len(body).to_bytes(4, "little") + body
    decided, again = differential.decide(io.BytesIO(bytes(written)), io.BytesIO())
    assert decided > 0.9 * len(lines) and again > 0.8 * decided


def test_the_last_line_has_the_totals(tmp_path: Path) -> None:
    flags = snapshot(1, on=True, hero="blue")
    good = case(flags, "on", expect={"enabled": True, "variant": None, "score16": 5})
    served = case(flags, "hero", "user:3", expect={"enabled": False, "variant": "blue"})
    skipped = {"file": "made.jsonl", "id": 2, "family": "made", "flag": "x", "skipped": "because"}
    done = run(tmp_path, good, served, skipped)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == "2 passed, 0 failed, 1 skipped"
    assert "skipped 1: because" in done.stdout


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"expect": {"enabled": False}}, "enabled is True, the reference answered False"),
        ({"expect": {"variant": "blue"}}, "variant is None, the reference answered 'blue'"),
        ({"expect": {"colour": 1}}, "no colour"),
        (
            {"flag": "missing", "expect": {}, "request": base64.b64encode(msgpack.packb(["m", None, [], 0, 0, {}])).decode()},
            "no flag",
        ),
        ({"snapshot": "AAAA", "expect": {"enabled": True}}, "LoadError"),
        ({"request": "AAAA", "expect": {"enabled": True}}, "RequestError"),
    ],
    ids=["enabled", "variant", "unknown member", "unknown flag", "snapshot", "request"],
)
def test_what_is_wrong_is_found(tmp_path: Path, change: dict[str, Any], why: str) -> None:
    done = run(tmp_path, {**case(snapshot(1, on=True), "on"), **change})
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1] == "0 passed, 1 failed, 0 skipped"
    assert why in done.stdout


def test_json_has_an_object_for_each_case_and_the_totals(tmp_path: Path) -> None:
    done = run(tmp_path, case(snapshot(1, on=True), "on", expect={"enabled": True}), arguments=("--json",))
    lines = done.stdout.splitlines()
    assert json.loads(lines[0])["result"] == "passed"
    assert json.loads(lines[0])["answer"] == {"enabled": True, "variant": None, "score16": None}
    assert lines[-1] == "1 passed, 0 failed, 0 skipped"


@pytest.mark.parametrize("line", ["nonsense", "{}", '{"file": "f", "id": 1, "family": "f", "flag": "x"}'])
def test_a_file_that_is_no_case_file_is_an_error(tmp_path: Path, line: str) -> None:
    done = run(tmp_path, line)
    assert done.returncode == 2
    assert "line 1 is not a case" in done.stderr
    assert run(tmp_path).returncode == 2  # and so is one that asks nothing
    missing = [sys.executable, "-m", "gonfalon.conformance", str(tmp_path / "missing")]
    assert subprocess.run(missing, capture_output=True, check=False).returncode == 2


def test_the_differential_driver_decides_as_the_engine(engine: Engine, compiled: bytes) -> None:
    chance = random.Random(5)
    questions: list[tuple[bytes, list[Any]]] = []
    for _ in range(300):
        data = chance.choice([compiled, snapshot(1, a=True, hero="blue")])
        flag = chance.choice([*engine.all_keys(), "a", "missing"])
        groups = chance.sample(["staff", "banned", "early"], chance.randrange(3))
        roll = chance.getrandbits(64) - 2**63
        attributes = {"plan": chance.choice(["pro", "free"]), "mail": "a@acme.com", "n": 5}
        questions.append((data, [flag, f"user:{chance.randrange(50)}", groups, 1, roll, attributes]))
    written, last = bytearray(), b""
    for data, question in questions:
        for body in (b"" if data == last else data, msgpack.packb(question)):
            written += len(body).to_bytes(4, "little") + body
        last = data
    out = io.BytesIO()
    assert differential.decide(io.BytesIO(bytes(written)), out) == (300, 300)
    engines = {data: Engine(data) for data, _ in questions}
    expected = bytearray()

    def who(actor: str, groups: list[str], now: int, roll: int, attributes: dict[str, object]) -> tuple[Any, ...]:
        return actor, groups, attributes, now, roll

    for data, question in questions:
        d = engines[data].decide(question[0], *who(*question[1:]))
        payload = d._variant.payload if d._variant else ""
        expected += d.packed.to_bytes(4, "little")
        for text in (d.variant or "", payload, d.target or ""):
            expected += len(text.encode()).to_bytes(4, "little") + text.encode()
    assert out.getvalue() == bytes(expected)


def test_the_differential_driver_refuses_what_is_cut(compiled: bytes, tmp_path: Path) -> None:
    (tmp_path / "pairs").write_bytes(len(compiled).to_bytes(4, "little") + compiled + b"\x05\0\0\0ab")
    assert differential.main([str(tmp_path / "pairs"), str(tmp_path / "out")]) == 1
    refused = io.BytesIO()
    assert differential.decide(io.BytesIO(b"\x01\0\0\0x\x01\0\0\0x"), refused) == (1, 0)
    assert refused.getvalue() == differential.REFUSED
