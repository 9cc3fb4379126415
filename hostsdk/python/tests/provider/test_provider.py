from __future__ import annotations

import queue
from collections.abc import Iterator
from typing import Any

import pytest
from openfeature import api
from openfeature.evaluation_context import EvaluationContext
from openfeature.event import EventDetails, ProviderEvent
from openfeature.exception import ErrorCode

from fake import FakeServer, held
from flagset import DATA, snapshot
from gonfalon import Gonfalon
from gonfalon.openfeature import GonfalonProvider
from gonfalon.testing import FlagsForTest
from watcher import QUICK


@pytest.fixture(autouse=True)
def clean() -> Iterator[None]:
    yield
    api.shutdown()
    api.clear_providers()


def resolve(kind: str, key: str, default: Any, actor: str | None = "user:3", **attributes: Any) -> Any:
    provider = GonfalonProvider(FlagsForTest(DATA / "flags.snapshot"))
    return getattr(provider, f"resolve_{kind}_details")(key, default, EvaluationContext(actor, attributes))


@pytest.mark.parametrize(
    ("kind", "key", "default", "asking", "value", "variant", "reason"),
    [
        ("boolean", "boolean", False, {}, True, "on", "STATIC"),
        ("boolean", "killed", True, {}, False, "off", "STATIC"),
        ("boolean", "rule", False, {"plan": "pro"}, True, "on", "TARGETING_MATCH"),
        ("boolean", "rule", True, {"plan": "free"}, False, "off", "DEFAULT"),
        ("boolean", "member", False, {"groups": ["staff"]}, True, "on", "TARGETING_MATCH"),
        ("boolean", "percentage", False, {}, True, "on", "SPLIT"),
        ("string", "killed_variant", "x", {}, "s", "safe", "STATIC"),
        ("string", "name_only", "x", {}, "only", "only", "SPLIT"),
        ("string", "name_only", "x", {"actor": None}, "x", None, "DEFAULT"),
        ("integer", "integer", 1, {}, 10, "ten", "SPLIT"),
        ("float", "integer", 1.5, {}, 10.0, "ten", "SPLIT"),
    ],
)
def test_the_one_value_of_a_flag(
    kind: str, key: str, default: Any, asking: dict[str, Any], value: Any, variant: str | None, reason: str
) -> None:
    found = resolve(kind, key, default, **asking)
    assert (found.value, found.variant, found.reason, found.error_code) == (value, variant, reason, None)
    assert type(found.value) is type(value)


@pytest.mark.parametrize(
    ("kind", "key", "default", "code"),
    [
        ("boolean", "missing", True, ErrorCode.FLAG_NOT_FOUND),
        ("string", "boolean", "x", ErrorCode.TYPE_MISMATCH),
        ("boolean", "integer", True, ErrorCode.TYPE_MISMATCH),
        ("object", "integer", {}, ErrorCode.TYPE_MISMATCH),
        ("integer", "hero", 1, ErrorCode.TYPE_MISMATCH),
    ],
)
def test_errors_give_the_default(kind: str, key: str, default: Any, code: ErrorCode) -> None:
    found = resolve(kind, key, default)
    assert (found.value, found.reason, found.error_code) == (default, "ERROR", code)
    assert found.error_message


def test_metadata() -> None:
    found = resolve("boolean", "member", False, groups=["staff"])
    assert found.flag_metadata == {"enabled": True, "gate": "group/staff", "revision": 7}
    killed = resolve("boolean", "killed", False)
    assert killed.flag_metadata == {"enabled": False, "gate": "kill", "revision": 7, "killed": True}
    assert "enabled" not in resolve("boolean", "missing", False).flag_metadata


def test_groups_stay_an_attribute() -> None:
    assert resolve("boolean", "member", False, groups=["staff", 5]).value
    nested = resolve("boolean", "rule", False, plan="pro", groups=["x"], deep={"a": [1, {"b": None}]})
    assert nested.value


def test_a_context_that_can_not_be_read_is_an_error() -> None:
    found = resolve("boolean", "member", True, groups=lambda name: 1 / 0)
    assert (found.value, found.error_code) == (True, ErrorCode.INVALID_CONTEXT)


def test_events_follow_the_client(server: FakeServer) -> None:
    events: queue.Queue[tuple[ProviderEvent, EventDetails]] = queue.Queue()
    handlers = {event: (lambda details, event=event: events.put((event, details))) for event in ProviderEvent}
    server.status = 503
    flags = Gonfalon(server.url, "token", ready_within=0, **QUICK)
    api.set_provider(GonfalonProvider(flags))
    for event, handler in handlers.items():
        api.add_handler(event, handler)
    try:
        assert api.get_client().get_provider_status().value == "NOT_READY"
        server.status = 200
        seen = [events.get(timeout=10)]
        while seen[-1][0] is not ProviderEvent.PROVIDER_READY:
            seen.append(events.get(timeout=10))
        assert api.get_client().get_boolean_value("a", False)
        server.publish(snapshot(2, a=False, b=True))
        event, details = events.get(timeout=10)
        while event is not ProviderEvent.PROVIDER_CONFIGURATION_CHANGED or details.metadata["revision"] != 2:  # 1 was one, too
            event, details = events.get(timeout=10)
        assert details.flags_changed == ["a", "b"]
        assert details.provider_name == "gonfalon"
        server.close()
        with held(server.port):
            event, details = events.get(timeout=10)
            assert event is ProviderEvent.PROVIDER_STALE and details.message
            details_now = api.get_client().get_boolean_details("b", False)
            assert details_now.value and details_now.flag_metadata["stale"] is True
        with FakeServer(server.snapshot, server.port):
            assert events.get(timeout=10)[0] is ProviderEvent.PROVIDER_READY
    finally:
        for event, handler in handlers.items():
            api.remove_handler(event, handler)


def test_shutting_down_closes_the_client_twice_if_need_be(server: FakeServer) -> None:
    flags = Gonfalon(server.url, "token", **QUICK)
    provider = GonfalonProvider(flags)
    api.set_provider_and_wait(provider)
    provider.shutdown()
    provider.shutdown()
    assert flags._thread is not None and not flags._thread.is_alive()
    kept = Gonfalon(server.url, "token", **QUICK)
    GonfalonProvider(kept, close_client=False).shutdown()
    assert kept._thread is not None and kept._thread.is_alive()
    kept.close()
