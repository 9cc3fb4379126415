"""OpenFeature's steps, for gonfalon's own scenarios, which every SDK reads in place.

If OPENFEATURE_GHERKIN names the folder specification/assets/gherkin of a copy of https://github.com/open-feature/spec, those of
the specification are run too.
"""

from __future__ import annotations

import asyncio
import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openfeature import api
from openfeature.evaluation_context import EvaluationContext
from openfeature.flag_evaluation import FlagEvaluationDetails, FlagEvaluationOptions
from openfeature.hook import Hook, HookContext, HookHints
from pytest_bdd import given, parsers, scenarios, then, when

from fake import FakeServer
from flagset import DATA, TREE, snapshot
from gonfalon import Gonfalon
from gonfalon.openfeature import GonfalonProvider
from watcher import QUICK

scenarios(str(TREE / "hostsdk/go/openfeature/testdata/evaluation.feature"))
if official := os.environ.get("OPENFEATURE_GHERKIN"):
    scenarios(*(str(Path(official, name).resolve()) for name in ("evaluation_v2.feature", "hooks.feature")))

METHODS = {"Boolean": "boolean", "String": "string", "Integer": "integer", "Float": "float", "Object": "object"}


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
        attributes = dict(self.context)
        actor = attributes.pop("targetingKey", None)
        return self.key, self.fallback, EvaluationContext(actor, attributes), self.options

    def ask(self) -> Any:
        return self.method()(*self.arguments())

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
        api.set_provider_and_wait(GonfalonProvider(Gonfalon(bootstrap=DATA / "evaluation.snapshot")))
    elif status == "stale":
        flags = Gonfalon(gone.url, "token", bootstrap=snapshot(1, plain=True), **QUICK)
        api.set_provider_and_wait(GonfalonProvider(flags))
    elif status == "not ready":
        api.set_provider(GonfalonProvider(Gonfalon(gone.url, "token", ready_within=0, **QUICK), ready_within=600))
    elif status == "error":
        with pytest.raises(Exception, match="no flags yet"):
            api.set_provider_and_wait(GonfalonProvider(Gonfalon(gone.url, "token", ready_within=0, **QUICK), ready_within=0.01))
    else:
        server = FakeServer(b"")
        world.ends.append(server.close)
        server.status = 401
        with pytest.raises(Exception, match="401"):
            api.set_provider_and_wait(GonfalonProvider(Gonfalon(server.url, "token", ready_within=0, **QUICK)))


@given(parsers.re(r'an? (?P<kind>\w+)-flag with key "(?P<key>[^"]*)" and a (default|fallback) value "(?P<text>.*)"'))
def a_flag(world: World, kind: str, key: str, text: str) -> None:
    world.kind, world.key = kind.capitalize(), key
    world.fallback = parse(kind, text)


@given(parsers.re(r'a context containing a key "(?P<key>[^"]*)", with type "(?P<kind>\w+)" and with value "(?P<text>.*)"'))
def attribute(world: World, key: str, kind: str, text: str) -> None:
    world.context[key] = parse(kind, text)


@given(parsers.re(r'a context containing a key "(?P<key>[^"]*)" with null value'))
def attribute_that_is_null(world: World, key: str) -> None:
    world.context[key] = None


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
    world.details = world.ask()


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


@then(parsers.re(r'the error message should contain "(?P<part>.*)"'))
def the_message(world: World, part: str) -> None:
    assert part in world.details.error_message


@then("the resolved metadata should contain")
def the_metadata(world: World, datatable: list[list[str]]) -> None:
    for key, kind, text in datatable[1:]:
        assert world.details.flag_metadata[key] == parse(kind, text), key


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
    before = world.details.flag_metadata["enabled"]
    world.details.flag_metadata["enabled"] = "changed"
    assert world.ask().flag_metadata["enabled"] is before


@then("the result should be equivalent to synchronous evaluation")
def same_as_synchronous(world: World) -> None:
    assert world.details == world.ask()


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
