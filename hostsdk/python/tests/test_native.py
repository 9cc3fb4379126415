"""The engine in C: that its quick way answers as the slow one does, and that nothing it is handed breaks it."""

from __future__ import annotations

import gc
import hashlib
import itertools
import os
import random
import subprocess
import sys
import threading
import tracemalloc
from typing import Any
from uuid import UUID

import pytest

from flagset import DATA, TREE, snapshot
from gonfalon import Context, Gonfalon, LoadError
from gonfalon.abi import ModuleTrap, RequestError
from gonfalon.engine import ON, Engine
from gonfalon.instance import Instance
from gonfalon.testing import FlagForTest, compile_for_test
from gonfalon.wasm import WasmInstance

native = pytest.importorskip("gonfalon.native")
_engine = native._engine
NativeInstance = native.NativeInstance


class Odd(str):
    """A string that isn't quite one."""


class Someone:
    actor_id = "user:3"

    def in_group(self, name: str) -> bool:
        return name == "staff"


ACTORS: list[Any] = [
    None,
    "",
    "user:3",
    "user:4",
    "\ud800",
    "x" * 9000,
    3,
    3.5,
    True,
    b"user:3",
    Odd("user:3"),
    Someone(),
    object(),
]
GROUPS: list[Any] = [
    (),
    ["staff"],
    ("staff", "banned"),
    "staff",
    ["staff"] * 300,
    [3],
    {"staff": 1},
    None,
    lambda name: name == "staff",
]
ATTRIBUTES: list[Any] = [
    None,
    {},
    {"plan": "pro"},
    {"plan": Odd("pro")},
    {"plan": "\udfff", "mail": "a@acme.com"},
    {"plan": ["pro"], "mail": "a@acme.com"},
    {"plan": 5.0, "mail": None, "age": True},
    {"plan": 1 << 70, "age": float("nan")},
    {"plan": UUID(int=1), 3: "x"},
    {Odd("plan"): "pro"},
    {f"a{i}": i for i in range(300)} | {"plan": "pro"},
    {"plan": "x" * 10000},
    [("plan", "pro")],
]


def test_the_extension_is_made_of_the_module_that_is_shipped() -> None:
    module = (TREE / "wasm/engine.wasm").read_bytes()
    assert hashlib.sha256(module).hexdigest() == _engine.MODULE_SHA256, "to repair: python build_engine.py"


def test_it_is_what_decides_here() -> None:
    wanted = os.environ.get("GONFALON_ENGINE") or "c"
    with Gonfalon(bootstrap=DATA / "flags.snapshot") as flags:
        assert flags.info is not None and flags.info.engine == wanted
    assert Instance is (NativeInstance if wanted == "c" else WasmInstance)


def test_an_unknown_engine_is_an_error() -> None:
    environment = os.environ | {"GONFALON_ENGINE": "v8"}
    done = subprocess.run([sys.executable, "-c", "import gonfalon"], env=environment, capture_output=True, text=True, check=False)
    assert "GONFALON_ENGINE is 'v8'; it can be c or wasmtime" in done.stderr


def test_the_quick_way_answers_as_the_slow_one(compiled: bytes) -> None:
    quick, slow = Engine(compiled, make=NativeInstance), Engine(compiled, make=WasmInstance)
    keys = [*quick.all_keys(), "missing"]
    answered = 0
    for key, actor, groups, attributes in itertools.product(keys, ACTORS, GROUPS, ATTRIBUTES):
        outcomes = []
        for engine in (quick, slow):
            try:
                outcomes.append(engine.evaluate(key, actor, groups, attributes, None, 0) & 1)
            except Exception as error:  # noqa: BLE001 -- an error has to be the same
                outcomes.append(type(error))  # type: ignore[arg-type]
        assert outcomes[0] == outcomes[1], (key, actor, groups, attributes)
        on = quick.ask(key, actor, groups, attributes)
        if on is not None:
            answered += 1
            assert on == (outcomes[0] == 1), (key, actor, groups, attributes)
    assert answered > 1000


def test_prepared_contexts_are_answered_quickly_and_rightly(compiled: bytes) -> None:
    quick, slow = Engine(compiled, make=NativeInstance), Engine(compiled, make=WasmInstance)
    answered = set()
    for actor, groups, attributes in itertools.product(ACTORS, GROUPS, ATTRIBUTES):
        for key in quick.all_keys():
            context = Context(actor, groups=groups, attributes=attributes)
            try:
                wanted = slow.evaluate(key, context, (), None, None, 0) & 1 == 1
                quick.evaluate(key, context, (), None, None, 0)  # which learns what the flag needs
            except Exception:  # noqa: BLE001
                assert quick.ask(key, context, (), None) is None
                continue
            for _ in range(2):  # written now, and written before
                on = quick.ask(key, context, (), None)
                assert on is None or on == wanted, (key, context)
            if on is not None:
                answered.add(key)
    assert {"boolean", "member", "percentage", "rule", "segment"} <= answered
    assert "schedule" not in answered  # the time matters


def test_what_the_quick_way_answers_is_counted(compiled: bytes) -> None:
    with Gonfalon(bootstrap=compiled) as flags:
        context = Context("user:3", attributes={"plan": "pro"})
        for _ in range(10):
            assert flags.enabled("rule", context)
            assert not flags.enabled("rule", "user:3", attributes={"plan": "free"})
            assert flags.enabled("boolean")
        taken = flags._store.take_usage()
        assert {key: (counts[0], counts[2]) for key, counts in taken.items()} == {"rule": (20, 10), "boolean": (10, 10)}
        assert flags._store.take_usage() == {}


def test_an_unreadable_context_is_counted_for_each_decision(compiled: bytes) -> None:
    with Gonfalon(bootstrap=compiled) as flags:
        context = Context(object(), attributes={"plan": "pro"})  # type: ignore[arg-type]
        for _ in range(5):
            flags.enabled("rule", context)
            flags.enabled("percentage", context)
        assert flags.stats.unreadable == 10


def test_what_is_handed_in_is_not_kept(compiled: bytes) -> None:
    engine = Engine(compiled, make=NativeInstance)
    given: list[Any] = ["user:3" + "x" * 20, Context("user:3", attributes={"plan": "pro"}), {"plan": "pro" + "x" * 20}]
    engine.evaluate("rule", given[0], (), given[2], None, None)
    engine.ask("rule", given[1], (), None)
    before = [sys.getrefcount(value) for value in given]
    for _ in range(1000):
        assert engine.ask("rule", given[0], (), given[2]) is False
        assert engine.ask("rule", given[1], (), None) is True
        assert engine.ask("rule", object(), given[2], given[1]) is None
    assert [sys.getrefcount(value) for value in given] == before


def test_nothing_leaks(compiled: bytes) -> None:
    def used() -> int:
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    def use() -> None:
        engine = Engine(compiled, make=NativeInstance)
        for _ in range(20):
            engine.decide_all(None, "user:3", (), None, 0, 0)
            engine.explain("rule", "user:3", (), {"plan": "pro"}, 0, 0)
            engine.decide("hero", "user:3", (), None, 0, 0)
            engine.take_usage()
        with pytest.raises(LoadError):
            NativeInstance(compiled[:-1])
        with pytest.raises(LoadError):
            engine._instance.splice(b"\xc1")  # type: ignore[union-attr]

    tracemalloc.start()
    try:
        use()
        before = used()
        for _ in range(5):
            use()
        assert used() - before < 4000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("call", ["evaluate", "decide", "needs", "explain", "splice", "flag_key"])
@pytest.mark.parametrize("argument", [None, 3.5, "text", bytearray(b"x"), -1, 1 << 70, object()])
def test_the_extension_refuses_what_is_of_another_type(compiled: bytes, call: str, argument: object) -> None:
    loaded: Any = _engine.load(compiled)
    with pytest.raises((TypeError, OverflowError, ValueError)):
        getattr(loaded, call)(argument)
    with pytest.raises(TypeError):
        _engine.load("text")
    with pytest.raises(TypeError):
        loaded.ask("boolean")
    with pytest.raises(TypeError):
        _engine.Snapshot()


def test_refusals_have_their_codes(compiled: bytes) -> None:
    instance = NativeInstance(compiled)
    for call in (
        instance.evaluate,
        instance.decide,
        instance.needs,
        instance.explain,
        lambda request: instance.batch(request, 0),
    ):
        with pytest.raises(RequestError) as refused:
            call(b"\xc1")
        assert refused.value.code == -1
    with pytest.raises(RequestError) as refused:
        instance.flag_key(1000)
    assert refused.value.code == -4
    ours, theirs = [], []
    for size in range(len(compiled)):
        for make, codes in ((NativeInstance, ours), (WasmInstance, theirs)):
            if size % 37 and make is WasmInstance:
                continue
            with pytest.raises(LoadError) as error:
                make(compiled[:size])
            if size % 37 == 0:
                codes.append((error.value.code, error.value.offset))
    assert ours == theirs


def test_a_trap_is_an_error_and_the_next_question_is_answered(compiled: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    traps: list[ModuleTrap] = []
    engine = Engine(compiled, traps.append, NativeInstance)
    engine.evaluate("rule", "user:3", (), {"plan": "pro"}, None, None)

    class Trapped:
        def evaluate(self, request: bytes) -> int:
            return native.TRAPPED

        def ask(self, *_: object) -> None: ...

        def take_counts(self) -> dict[str, tuple[int, int]]:
            return {}

    engine._instance._snapshot = Trapped()  # type: ignore[union-attr]
    assert engine.evaluate("rule", "user:3", (), {"plan": "pro"}, None, None) & 1
    assert len(traps) == 1
    assert engine.ask("rule", "user:3", (), {"plan": "pro"}) is True  # what was known is known to the new one


def test_threads_that_ask_while_snapshots_are_loaded_and_spliced(compiled: bytes) -> None:
    from flagset import delta

    engine = Engine(compiled, make=NativeInstance)
    base, result = snapshot(1, a=True, b=False), snapshot(2, a=False, c=True)
    change = delta(base, result)
    expected = {i: engine.evaluate("percentage", f"user:{i}", (), None, None, None) & 1 == 1 for i in range(200)}
    engine.take_usage()
    wrong: list[object] = []

    def ask(seed: int) -> None:
        order = list(expected) * 5
        random.Random(seed).shuffle(order)
        for i in order:
            if engine.ask("percentage", f"user:{i}", (), None) != expected[i]:
                wrong.append(i)

    def change_snapshots() -> None:
        shared = NativeInstance(base)
        for _ in range(200):
            if shared.splice(change) != result or NativeInstance(result).info().flags != 2:
                wrong.append("splice")

    threads = [threading.Thread(target=ask, args=(seed,)) for seed in range(4)]
    threads += [threading.Thread(target=change_snapshots) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert engine.take_usage()["percentage"][0] == 4 * 5 * 200


def test_code_of_the_program_may_ask_while_it_is_asked(compiled: bytes) -> None:
    engine = Engine(compiled, make=NativeInstance)
    for key in engine.all_keys():
        engine.evaluate(key, "user:3", (), None, None, 0)

    class Key(str):
        """A name that asks, and has more flags remembered, when it is compared."""

        __slots__ = ()
        asked = 0

        def __hash__(self) -> int:
            return hash("plan")

        def __eq__(self, other: object) -> bool:
            Key.asked += 1
            for i in range(100):
                engine._instance.remember(f"new{Key.asked}-{i}", 0, 0, False, False, ("plan",))  # type: ignore[union-attr]
            assert engine.ask("boolean", None, (), None) is True
            return str.__eq__(self, other)

    for _ in range(20):
        assert engine.ask("rule", "user:3", (), {Key("plan"): "pro"}) in (True, None)
    assert Key.asked >= 20


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_child_process_counts_anew(compiled: bytes) -> None:
    engine = Engine(compiled, make=NativeInstance)
    for _ in range(3):
        engine.evaluate("percentage", "user:3", (), None, None, None)
        assert engine.ask("percentage", "user:3", (), None) is not None
    child = os.fork()
    if child == 0:
        engine.evaluate("percentage", "user:3", (), None, None, None)
        quick = engine.ask("percentage", "user:3", (), None) is not None
        counted = engine.take_usage()["percentage"][0]
        os._exit(0 if quick and counted == 2 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert engine.take_usage()["percentage"][0] == 6
    assert engine.usage["percentage"] % ON == 0


def test_a_flag_may_be_of_any_number() -> None:
    flags = {f"flag_{i:04d}": FlagForTest(actors={"user:3": i % 3 == 0}) for i in range(400)}
    engine = Engine(compile_for_test(flags), make=NativeInstance)
    for _ in range(2):
        for i, key in enumerate(flags):
            assert engine.evaluate(key, "user:3", (), None, None, None) & 1 == (i % 3 == 0)
            assert engine.ask(key, "user:3", (), None) is (i % 3 == 0)
