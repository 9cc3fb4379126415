from __future__ import annotations

import os
import random
import re
import signal
import threading
import time
from typing import Any

import pytest
import wasmtime

from flagset import TREE, snapshot
from gonfalon import Decision, Gate, LoadError, Reason
from gonfalon.abi import MAX_SNAPSHOT_BYTES, SNAPSHOT_FORMAT, ModuleTrap, SnapshotInfo
from gonfalon.engine import ON, Engine
from gonfalon.explanation import read_explanation
from gonfalon.instance import Instance
from gonfalon.testing import FlagForTest, compile_for_test
from gonfalon.wasm import WasmInstance
from gonfalon.wasm import compiled as parts

NOW = 1_800_000_000_000_000  # 2027-01-15


def decide(engine: Engine, flag: str, actor: Any = None, **asking: Any) -> Decision:
    who = (actor, asking.get("groups", ()), asking.get("attributes"), asking.get("now", NOW), asking.get("roll", 0))
    decision = engine.decide(flag, *who)
    assert engine.evaluate(flag, *who) == decision.packed
    return decision


def test_what_a_snapshot_says_about_itself(engine: Engine) -> None:
    info = engine.info
    assert (info.environment, info.revision, info.flags, info.segments) == ("default", 7, 14, 1)
    assert info.position == "0" * 32 + "-7-" + info.id
    assert len(info.id) == 64
    assert list(engine.all_keys()) == sorted(engine.all_keys())


@pytest.mark.parametrize(
    ("flag", "actor", "asking", "enabled", "reason", "gate"),
    [
        ("boolean", None, {}, True, Reason.STATIC, "boolean"),
        ("killed", "user:3", {}, False, Reason.KILLED, "kill"),
        ("member", "user:3", {"groups": ["staff"]}, True, Reason.TARGETING_MATCH, "group/staff"),
        ("member", "user:3", {"groups": ["staff", "banned"]}, False, Reason.TARGETING_MATCH, "group/banned"),
        ("member", "user:3", {}, False, Reason.DEFAULT, ""),
        ("percentage", "user:3", {}, True, Reason.SPLIT, "percentage_of_actors"),
        ("percentage", None, {}, False, Reason.DEFAULT, ""),
        ("rule", "user:3", {"attributes": {"plan": "pro"}}, True, Reason.TARGETING_MATCH, "rule"),
        ("rule", None, {"attributes": {"plan": "free"}}, False, Reason.DEFAULT, ""),
        ("schedule", None, {}, True, Reason.TARGETING_MATCH, "schedule"),
        ("schedule", None, {"now": 0}, False, Reason.DEFAULT, ""),
        ("segment", None, {"attributes": {"mail": "a@acme.com"}}, True, Reason.TARGETING_MATCH, "segment/premium"),
        ("segment", None, {"attributes": {"mail": "a@acme.org"}}, False, Reason.DEFAULT, ""),
        ("missing", "user:3", {}, False, Reason.UNKNOWN_FLAG, ""),
    ],
)
def test_decisions(
    engine: Engine, flag: str, actor: str | None, asking: dict[str, Any], enabled: bool, reason: Reason, gate: str
) -> None:
    decision = decide(engine, flag, actor, **asking)
    assert (decision.enabled, decision.reason, decision.path) == (enabled, reason, gate)
    assert decision.known == (reason is not Reason.UNKNOWN_FLAG)


def test_variants_and_payloads(engine: Engine) -> None:
    names = {decide(engine, "hero", f"user:{i}").variant for i in range(50)}
    assert names == {"blue", "green"}
    blue = next(d for i in range(50) if (d := decide(engine, "hero", f"user:{i}")).variant == "blue")
    assert blue.payload == {"hex": "#00f", "size": 3}
    blue.payload["hex"] = "changed"
    assert blue.payload["hex"] == "#00f"
    assert decide(engine, "name_only", "user:3").variant == "only"
    assert not decide(engine, "name_only", "user:3").has_payload
    assert decide(engine, "hero").variant is None
    assert decide(engine, "hero").has_variants
    killed = decide(engine, "killed_variant", "user:3")
    assert (killed.enabled, killed.variant, killed.payload) == (False, "safe", "s")


def test_chance_is_64_bits_and_both_signs_are_the_same(engine: Engine) -> None:
    rolls = [random.getrandbits(64) for _ in range(200)] + [0, 2**63 - 1, 2**63, 2**64 - 1]
    answers = [decide(engine, "sometimes", roll=roll).enabled for roll in rolls]
    assert {True, False} == set(answers)
    signed = [roll - 2**64 if roll >= 2**63 else roll for roll in rolls]
    assert answers == [decide(engine, "sometimes", roll=roll).enabled for roll in signed]


def test_a_batch_answers_as_single_questions_do(engine: Engine) -> None:
    for keys in (None, ["rule", "missing", "hero", "rule"], []):
        who = ("user:3", ["staff"], {"plan": "pro"}, NOW, 5)
        batch = engine.decide_all(keys, *who)
        expected = list(engine.all_keys()) if keys is None else keys
        assert [decision.key for decision in batch] == expected
        assert batch == [engine.decide(key, *who) for key in expected]


def test_numbers_of_a_newer_engine_print_as_numbers() -> None:
    newer = Decision("f", 9 << 1 | 12 << 5)
    assert (newer.reason, newer.gate, newer.path, newer.known) == ("reason 9", "gate 12", "gate 12", True)
    info = SnapshotInfo("default", "", "", 1, 1, 0)
    details = [["plan", 99, [], None, False]]
    step = read_explanation([0, [[12, 7, None, None, None, None, details]]], newer, info).steps[0]
    assert (step.gate, step.outcome, step.comparisons[0].operator) == ("gate 12", "outcome 7", "operator 99")
    assert str(step) and repr(newer)


def test_limits_and_formats_are_the_engines() -> None:
    load, limits = ((TREE / "engine" / name).read_text() for name in ("load.go", "limits.go"))
    assert f"\nconst Format = {SNAPSHOT_FORMAT}\n" in load
    assert re.search(rf"MaxSnapshotBytes += {MAX_SNAPSHOT_BYTES >> 20} << 20", limits)


def test_a_batch_of_more_than_one_call_holds() -> None:
    engine = Engine(compile_for_test({f"flag{i:05}": FlagForTest(on=i % 3 == 0) for i in range(2500)}))
    batch = engine.decide_all(None, None, (), None, None, None)
    assert [decision.enabled for decision in batch] == [i % 3 == 0 for i in range(2500)]


def test_an_explanation_names_every_gate(engine: Engine) -> None:
    explanation = engine.explain("rule", "user:3", (), {"plan": "free"}, NOW, 0)
    assert not explanation.decision.enabled
    rule = explanation.steps[0]
    assert (rule.gate, rule.outcome) == (Gate.RULE, "no")
    assert [(c.attribute, c.operator, c.values, c.actual, c.held) for c in rule.comparisons] == [
        ("plan", "in", ["pro", "team"], "free", False)
    ]
    text = str(engine.explain("member", "user:3", ["staff"], None, NOW, 0))
    assert "member · default · revision 7 · on · TARGETING_MATCH" in text
    assert "prerequisite" in text and "parent" in text and "staff" in text
    assert "a member" in text and "on, as required" in text
    told = {
        "rule": "the context is empty",
        "percentage": "there is no actor",
        "schedule": "from 2026-11-27T00:00:00Z on, and it is 2027-01-15",
        "sometimes": "50% of the time: drew 8978 > 5000 of 10000",
        "boolean": "on",
        "killed": "kill",
        "member": "in none of the flag's groups",
    }
    for key, words in told.items():
        assert words in str(engine.explain(key, "u" if key == "member" else None, (), None, NOW, 0)), key
    typed = engine.explain("typed", None, (), {"n": 10**30}, NOW, 0)
    assert typed.steps[0].comparisons[0].actual == 10**30
    assert engine.usage == {}


@pytest.mark.parametrize("size", [10, 70_000, 1_000_000])
def test_requests_of_any_size(engine: Engine, size: int) -> None:
    assert decide(engine, "rule", "u" * size, attributes={"plan": "pro", "long": "x" * size}).enabled
    assert decide(engine, "boolean").enabled


def test_invalid_unicode_is_replaced_everywhere(engine: Engine) -> None:
    assert decide(engine, "rule", "user\ud800", groups=["g\udfff"], attributes={"plan": "pro", "\ud800": "\ud800"}).enabled
    assert not decide(engine, "ru\ud800le").known
    batch = engine.decide_all(["boolean", "\ud800"], "u", (), None, None, None)
    assert [d.known for d in batch] == [True, False]


class Watched(dict[str, Any]):
    """Attributes that tell which were looked at."""

    def __init__(self, **given: Any) -> None:
        super().__init__(given)
        self.read: list[str] = []

    def __getitem__(self, name: str) -> Any:
        self.read.append(name)
        return super().__getitem__(name)


def test_only_what_a_flag_needs_is_read(engine: Engine) -> None:
    attributes = Watched(plan="pro", mail="a@acme.com", other=1)
    assert decide(engine, "rule", "user:3", attributes=attributes).enabled
    assert set(attributes.read) == {"plan"}


def test_a_key_is_a_string(engine: Engine) -> None:
    for key in (5, b"boolean", None):
        with pytest.raises(TypeError, match="key"):
            engine.evaluate(key, None, (), None, None, None)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="key"):
            engine.decide_all([key], None, (), None, None, None)  # type: ignore[list-item]


def test_flags_that_there_are_not_are_remembered_but_not_without_end(engine: Engine) -> None:
    for i in range(3000):
        assert not decide(engine, f"nope{i}").known
    assert len(engine._needs) < 1100
    assert decide(engine, "boolean").enabled


def test_every_damage_to_a_snapshot_is_found(compiled: bytes) -> None:
    for at in random.Random(1).sample(range(len(compiled)), 100):
        damaged = bytearray(compiled)
        damaged[at] ^= 1 << at % 8
        with pytest.raises(LoadError) as refused:
            Engine(bytes(damaged))
        assert refused.value.code != 0
        assert "code" in str(refused.value)
    for size in range(0, len(compiled), 17):
        with pytest.raises(LoadError):
            Engine(compiled[:size])
    with pytest.raises(LoadError, match="longer"):
        Engine(bytes(MAX_SNAPSHOT_BYTES + 1))


def test_evaluations_are_counted_by_flag(engine: Engine) -> None:
    for _ in range(3):
        engine.evaluate("boolean", None, (), None, None, None)
    engine.evaluate("missing", None, (), None, None, None)
    engine.decide("hero", None, (), None, NOW, None)
    engine.decide_all(None, None, (), None, NOW, None)
    usage = engine.take_usage()
    assert "missing" not in usage
    assert usage["boolean"][0] == 4
    assert usage["hero"][0] == 2
    assert usage["boolean"][2] == 4  # and on each time
    assert usage["hero"][2] in (0, 2)
    assert abs(usage["hero"][1] / 1e6 - time.time()) < 60
    assert set(usage) == set(engine.all_keys())
    assert engine.take_usage() == {}


def test_threads_share_an_engine(engine: Engine) -> None:
    expected = {i: decide(engine, "percentage", f"user:{i}").enabled for i in range(200)}
    engine.take_usage()
    wrong: list[int] = []

    def ask(seed: int) -> None:
        order = list(expected)
        random.Random(seed).shuffle(order)
        for i in order:
            if (engine.evaluate("percentage", f"user:{i}", (), {"filler": "x" * i}, None, None) & 1 == 1) != expected[i]:
                wrong.append(i)

    threads = [threading.Thread(target=ask, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert engine.take_usage()["percentage"][0] == 8 * 200


class Trapping(Instance):
    """An instance whose module runs into nonsense after some calls: its whole memory is overwritten."""

    calls_left = 5
    made = 0

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        Trapping.made += 1

    def evaluate(self, request: bytes) -> int:
        Trapping.calls_left -= 1
        if Trapping.calls_left == 0:
            raise ModuleTrap("wasm trap: out of bounds memory access")
        return super().evaluate(request)


def test_a_trap_discards_the_instance_and_the_answer_is_still_right(compiled: bytes) -> None:
    Trapping.calls_left, Trapping.made = 5, 0
    traps: list[ModuleTrap] = []
    engine = Engine(compiled, traps.append, Trapping)
    first = engine._instance
    for i in range(10):
        assert decide(engine, "rule", f"user:{i}", attributes={"plan": "pro"}).enabled
    assert len(traps) == 1
    assert Trapping.made == 2
    assert engine._instance is not first


def test_a_request_that_always_traps_is_refused_and_leaves_nothing_broken(compiled: bytes) -> None:
    class Poisoned(Instance):
        def evaluate(self, request: bytes) -> int:
            if b"poison" in request:
                raise ModuleTrap("wasm trap: unreachable")
            return super().evaluate(request)

    traps: list[ModuleTrap] = []
    engine = Engine(compiled, traps.append, Poisoned)
    with pytest.raises(ModuleTrap):
        decide(engine, "rule", "poison", attributes={"plan": "pro"})
    assert len(traps) == 2
    assert decide(engine, "boolean", "user:3").enabled


WAT = """(module (memory (export "memory") 16)
  (func (export "abi") (result i32) i32.const 1)
  (func (export "result") (result i32) i32.const 0)
  (func (export "snapshot") (param i32) (result i32) i32.const 64)
  (func (export "load") (param i32) (result i32) i32.const 0)
  (func (export "request") (param i32) (result i32) i32.const 64)
  (func (export "info") (result i32) i32.const 0)
  (func (export "evaluate") (param i32) (result i32) unreachable)
  (func (export "evaluate_batch") (param i32 i32) (result i32) i32.const -1)
  (func (export "flag_key") (param i32) (result i32) i32.const 0)
  (func (export "needs") (param i32) (result i32) i32.const 0)
  (func (export "splice") (param i32) (result i32) (i32.load (i32.const -1)))
  (func (export "explain") (param i32) (result i32) i32.const 0))"""


def test_a_real_trap_is_an_error_and_no_crash() -> None:
    wasm, _ = parts()
    instance = WasmInstance(b"", (wasm, wasmtime.Module(wasm, wasmtime.wat2wasm(WAT))))
    with pytest.raises(ModuleTrap, match="unreachable"):
        instance.evaluate(b"")
    with pytest.raises(ModuleTrap, match="out of bounds"):
        instance.splice(b"")


def test_the_public_way_into_the_module_gives_the_same_answers(compiled: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    direct = Engine(compiled, make=WasmInstance)
    monkeypatch.setattr("gonfalon.crossing._direct", lambda *_: None)
    public = Engine(compiled, make=WasmInstance)
    for flag in direct.all_keys():
        assert decide(public, flag, "user:3", groups=["staff"]) == decide(direct, flag, "user:3", groups=["staff"])
    with pytest.raises(LoadError):
        Engine(compiled[:-1], make=WasmInstance)
    wasm, _ = parts()
    with pytest.raises(ModuleTrap, match="unreachable"):
        WasmInstance(b"", (wasm, wasmtime.Module(wasm, wasmtime.wat2wasm(WAT)))).evaluate(b"")


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs POSIX timers")
def test_a_signal_handler_may_ask_while_the_interrupted_call_holds_the_engine(engine: Engine) -> None:
    answers: list[bool] = []

    def handle(*_: object) -> None:
        answers.append(decide(engine, "rule", "user:9", attributes={"plan": "pro"}).enabled)

    before = signal.signal(signal.SIGUSR1, handle)
    try:
        with engine._lock:  # as if in the middle of a call
            signal.raise_signal(signal.SIGUSR1)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert answers == [True]
    assert decide(engine, "boolean").enabled


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_child_process_can_ask_whatever_held_the_engine(engine: Engine) -> None:
    assert decide(engine, "boolean").enabled
    with engine._lock:  # held by another thread when the process is forked
        child = os.fork()
        if child == 0:
            right = decide(engine, "rule", "user:3", attributes={"plan": "pro"}).enabled
            os._exit(0 if right and engine.usage["rule"] % ON == 2 and "boolean" not in engine.usage else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert decide(engine, "boolean").enabled


def test_splicing_gives_the_very_bytes_of_the_new_snapshot() -> None:
    from flagset import delta

    base, result = snapshot(1, a=True, b=False), snapshot(2, a=False, c=True)
    assert Instance(base).splice(delta(base, result)) == result
    with pytest.raises(LoadError) as refused:
        Instance(result).splice(delta(base, result))
    assert refused.value.code == 11
    with pytest.raises(LoadError):
        Instance(base).splice(b"\xc1")
