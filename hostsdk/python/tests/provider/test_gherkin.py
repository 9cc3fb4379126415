"""The scenarios of OpenFeature's specification (https://github.com/open-feature/spec, Apache-2.0), as they are there."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from openfeature import api
from openfeature.evaluation_context import EvaluationContext
from openfeature.flag_evaluation import FlagEvaluationDetails, FlagEvaluationOptions
from openfeature.hook import Hook, HookContext, HookHints
from pytest_bdd import given, parsers, scenarios, then, when

from fake import FakeServer
from flagset import snapshot
from gonfalon import Gonfalon
from gonfalon.openfeature import GonfalonProvider
from gonfalon.testing import FlagsForTest
from watcher import QUICK

scenarios("evaluation_v2.feature", "hooks.feature")

PINNED = {
    "boolean-flag": ("on", True),
    "string-flag": ("greeting", "hi"),
    "integer-flag": ("ten", 10),
    "float-flag": ("half", 0.5),
    "object-flag": ("template", {"showImages": True, "title": "Check out these pics!", "imagesPerPage": 100}),
    "boolean-zero-flag": ("zero", False),
    "string-zero-flag": ("zero", ""),
    "integer-zero-flag": ("zero", 0),
    "float-zero-flag": ("zero", 0.0),
    "object-zero-flag": ("zero", {}),
    "wrong-flag": ("one", "uno"),
}
DISABLED = [f"{kind}-disabled-flag" for kind in ("boolean", "string", "integer", "float", "object")]
METHODS = {"Boolean": "boolean", "String": "string", "Integer": "integer", "Float": "float", "Object": "object"}


def seeded() -> FlagsForTest:
    """The suite's flags. One that has a value whoever asks is a killed flag that serves its variant."""
    flags = FlagsForTest()
    for key, (variant, payload) in PINNED.items():
        flags.serve(key, variant, payload)
        flags.kill(key, serving_variant=True)
    for key in DISABLED:
        flags.serve(key, "on")
        flags.kill(key)
    return flags


class Recorder(Hook):
    """Notes how it is called."""

    def __init__(self, name: str, order: list[str]) -> None:
        self.name, self.order = name, order
        self.details: dict[str, Any] = {}

    def before(self, hook_context: HookContext, hints: HookHints) -> None:
        self._note("before")

    def after(self, hook_context: HookContext, details: FlagEvaluationDetails[Any], hints: HookHints) -> None:
        self._note("after", details)

    def error(self, hook_context: HookContext, exception: Exception, hints: HookHints) -> None:
        self._note("error")

    def finally_after(self, hook_context: HookContext, details: FlagEvaluationDetails[Any], hints: HookHints) -> None:
        self._note("finally", details)

    def _note(self, stage: str, details: Any = None) -> None:
        self.details[stage] = details
        self.order.append(f"{self.name} {stage}")


class World:
    """What one scenario knows."""

    def __init__(self) -> None:
        self.client = api.get_client()
        self.kind, self.key, self.fallback = "", "", None
        self.context: dict[str, Any] = {}
        self.order: list[str] = []
        self.hooks: list[Recorder] = []
        self.options: FlagEvaluationOptions | None = None
        self.details: Any = None
        self.blocked = True
        self.ends: list[Any] = []

    def method(self, suffix: str = "") -> Any:
        return getattr(self.client, f"get_{METHODS[self.kind]}_details{suffix}")

    def arguments(self) -> tuple[Any, ...]:
        return self.key, self.fallback, EvaluationContext(attributes=self.context), self.options

    def recorder(self, name: str) -> Recorder:
        self.hooks.append(Recorder(name, self.order))
        return self.hooks[-1]


def parse(kind: str, text: str) -> Any:
    text = text.replace('\\"', '"')
    if text == "null":
        return None
    return text if kind.lower() == "string" else json.loads(text)


@pytest.fixture
def world() -> Iterator[World]:
    world = World()
    yield world
    api.shutdown()
    api.clear_providers()
    for end in reversed(world.ends):
        end()


@given(parsers.re(r"an? (?P<status>stable|not ready|error|fatal|stale) provider"))
def provider(world: World, status: str) -> None:
    with FakeServer(b"") as gone:
        pass
    if status == "stable":
        api.set_provider_and_wait(GonfalonProvider(seeded()))
    elif status == "stale":
        flags = Gonfalon(gone.url, "token", bootstrap=snapshot(1), pace=QUICK)
        api.set_provider_and_wait(GonfalonProvider(flags))
    elif status == "not ready":
        api.set_provider(GonfalonProvider(Gonfalon(gone.url, "token", timeout=0, pace=QUICK), timeout=600))
    elif status == "error":
        with pytest.raises(Exception, match="no flags yet"):
            api.set_provider_and_wait(GonfalonProvider(Gonfalon(gone.url, "token", timeout=0, pace=QUICK), timeout=0.01))
    else:
        server = FakeServer(b"")
        world.ends.append(server.close)
        server.status = 401
        with pytest.raises(Exception, match="401"):
            api.set_provider_and_wait(GonfalonProvider(Gonfalon(server.url, "token", timeout=0, pace=QUICK)))


@given(parsers.re(r'an? (?P<kind>\w+)-flag with key "(?P<key>[^"]*)" and a fallback value "(?P<text>.*)"'))
def a_flag(world: World, kind: str, key: str, text: str) -> None:
    world.kind, world.key = kind.capitalize(), key
    world.fallback = parse(kind, text)


@given("a client with added hook")
def client_with_hook(world: World) -> None:
    world.client.add_hooks([world.recorder("client")])


@given("evaluation options containing specific hooks")
def options(world: World) -> None:
    world.options = FlagEvaluationOptions(hooks=[world.recorder("first"), world.recorder("second")])


@given("an evaluation context with modifiable data")
def modifiable(world: World) -> None:
    world.context["list"] = ["a", {"b": 1.0}]


@when("the flag was evaluated with details")
@when("the flag was evaluated with details using the evaluation options")
def evaluated(world: World) -> None:
    world.details = world.method()(*world.arguments())


@when("the flag was evaluated with details asynchronously")
def evaluated_asynchronously(world: World) -> None:
    async def ask() -> None:
        going_on = asyncio.create_task(asyncio.sleep(0))
        world.details = await world.method("_async")(*world.arguments())
        await going_on
        world.blocked = False

    asyncio.run(ask())


@then("the evaluation should complete without blocking")
def not_blocked(world: World) -> None:
    assert not world.blocked


@then(parsers.re(r'the resolved details value should be "(?P<text>.*)"'))
def the_value(world: World, text: str) -> None:
    expected = parse(world.kind, text)
    assert world.details.value == expected
    assert type(world.details.value) is type(expected)


@then(parsers.re(r'the reason should be "(?P<reason>.*)"'))
def the_reason(world: World, reason: str) -> None:
    assert world.details.reason == reason


@then(parsers.re(r'the variant should be "(?P<variant>.*)"'))
def the_variant(world: World, variant: str) -> None:
    assert world.details.variant == variant


@then(parsers.re(r'the flag key should be "(?P<key>.*)"'))
def the_key(world: World, key: str) -> None:
    assert world.details.flag_key == key


@then(parsers.re(r'the error-code should be "(?P<code>.*)"'))
def the_code(world: World, code: str) -> None:
    assert world.details.error_code == code


@then(parsers.re(r'the provider status should be "(?P<status>.*)"'))
def the_status(world: World, status: str) -> None:
    waiting = threading.Event()
    for _ in range(500):
        if world.client.get_provider_status().value == status:
            return
        waiting.wait(0.01)
    assert world.client.get_provider_status().value == status


@then("the specified hooks should execute during evaluation")
def hooks_executed(world: World) -> None:
    assert all(set(hook.details) == {"before", "after", "finally"} for hook in world.hooks)


@then("the hook order should be maintained")
def hook_order(world: World) -> None:
    stages = ["first before", "second before", "second after", "first after", "second finally", "first finally"]
    assert world.order == stages


@then("the original evaluation context should remain unmodified")
def context_unmodified(world: World) -> None:
    assert world.context == {"list": ["a", {"b": 1.0}]}


@then("the evaluation details should be immutable")
def details_immutable(world: World) -> None:
    changed = world.details.flag_metadata
    changed["enabled"] = "changed"
    assert world.method()(*world.arguments()).flag_metadata["enabled"] is False


@then(parsers.re(r'the "(?P<stage>\w+)" hook should have been executed'))
def hook_executed(world: World, stage: str) -> None:
    assert stage in world.hooks[0].details


@then(parsers.re(r'the "(?P<stages>[\w, ]+)" hooks should be called with evaluation details'))
def hooks_called(world: World, stages: str, datatable: list[list[str]]) -> None:
    for stage in stages.split(", "):
        details = world.hooks[0].details[stage]
        for kind, name, text in datatable[1:]:
            if name == "variant" and text == "null":
                continue  # of an error: the provider may say which variant had the wrong type
            expected = parse(kind, text)
            assert getattr(details, name) == expected, (stage, name)
