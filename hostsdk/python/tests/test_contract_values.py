"""Runs hostsdk/testdata/values.json, as every SDK and provider does."""

from __future__ import annotations

import base64
import json
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from openfeature.evaluation_context import EvaluationContext

from flagset import TREE
from gonfalon import Gonfalon
from gonfalon.openfeature import GonfalonProvider
from gonfalon.resolution import resolve

FILE = TREE / "hostsdk/testdata/values.json"
CONTRACT: dict[str, Any] = json.loads(FILE.read_text()) if FILE.exists() else {"cases": [], "snapshot": ""}
NONE = object()


class Unknown(Exception):
    """A typed value that Python doesn't have."""


class Prints:
    def __init__(self, text: str) -> None:
        self.text = text

    def __str__(self) -> str:
        return self.text


class Identified:
    def __init__(self, found: Any) -> None:
        self.found = found

    @property
    def actor_id(self) -> Any:
        if self.found is Raises:
            raise RuntimeError("it has none")
        return self.found


class Raises:
    pass


class Member:
    def __init__(self, actor: Any, groups: list[str] | None) -> None:
        self.actor_id = actor
        self.groups = groups

    def in_group(self, name: str) -> bool:
        if self.groups is None:
            raise RuntimeError("who knows")
        return name in self.groups


def typed(value: dict[str, Any], actor: Any = None) -> Any:
    ((kind, content),) = value.items()
    match kind:
        case "string" | "bool":
            return content
        case "null":
            return None
        case "surrogate":
            return "\ud800"
        case "int" | "bigint":
            return int(content)
        case "float":
            return float(content)
        case "decimal":
            return Decimal(content)
        case "list":
            return [typed(item) for item in content]
        case "repeated":
            return [typed(content[0])] * content[1]
        case "map":
            return {name: typed(item) for name, item in content.items()}
        case "bytes":
            return base64.b64decode(content)
        case "time":
            return datetime.fromisoformat(content)
        case "uuid":
            return UUID(content)
        case "prints":
            return Prints(content)
        case "id":
            return Identified(typed(content))
        case "raises":
            return Raises
        case "member":
            return Member(actor, content)
    raise Unknown(kind)


def cases(host: str) -> list[Any]:
    return [pytest.param(case, id=case["about"]) for case in CONTRACT["cases"] if host in case.get("hosts", [host])]


def read(case: dict[str, Any]) -> dict[str, Any]:
    """The context of a case: actor, groups, attributes; skips what Python doesn't have."""
    try:
        actor = typed(case["actor"]) if "actor" in case else NONE
        groups = typed(case["groups"], None if actor is NONE else actor) if "groups" in case else NONE
        attributes = {name: typed(value) for name, value in case.get("attributes", {}).items()}
    except Unknown as kind:
        pytest.skip(f"Python has no {kind}")
    return {"actor": actor, "groups": groups, "attributes": attributes}


def client(case: dict[str, Any]) -> Gonfalon:
    if case.get("loaded", True):
        return Gonfalon(bootstrap=base64.b64decode(CONTRACT["snapshot"]))
    return Gonfalon(file="/nonexistent/flags.snapshot", ready_within=0)


@pytest.mark.parametrize("case", cases("sdk"))
def test_a_client_reads_values_as_the_contract_says(case: dict[str, Any]) -> None:
    given, want = read(case), case["want"]
    asking: dict[str, Any] = {"attributes": given["attributes"]}
    if given["groups"] is not NONE:
        asking["groups"] = given["groups"]
    if "roll" in case:
        asking["roll"] = int(case["roll"])
    actor = None if given["actor"] is NONE else given["actor"]
    if isinstance(asking.get("groups"), Member):  # it knows the actor's id, too
        actor = asking.pop("groups")
    with client(case) as flags:
        decision = flags.decide(case["flag"], actor, **asking)
        assert (decision.enabled, decision.reason, decision.path) == (want["enabled"], want["reason"], want["gate"])
        if want["reason"] == "NOT_READY":
            assert resolve(decision).error == want.get("error", "")
        default = case.get("default")
        match case.get("as", "boolean"):
            case "boolean" if "as" in case:
                value: Any = flags.payload_bool(case["flag"], actor, default=default, **asking)
            case "boolean":
                value = flags.enabled(case["flag"], actor, default=bool(default), **asking)
            case "string":
                value = flags.payload_str(case["flag"], actor, default=default, **asking)
            case "integer":
                value = flags.payload_int(case["flag"], actor, default=default, **asking)
            case "float":
                value = flags.payload_float(case["flag"], actor, default=default, **asking)
            case _:
                value = flags.payload_object(case["flag"], actor, default=default, **asking)
        assert same(value, want["value"] if "value" in want else want["enabled"])


@pytest.mark.parametrize("case", cases("provider"))
def test_the_provider_reads_values_as_the_contract_says(case: dict[str, Any]) -> None:
    if "roll" in case:
        pytest.skip("a provider can't set chance")
    given, want = read(case), case["want"]
    attributes = dict(given["attributes"])
    if given["groups"] is not NONE:
        attributes["groups"] = given["groups"]
    context = EvaluationContext(None if given["actor"] is NONE else given["actor"], attributes)
    with client(case) as flags:
        provider = GonfalonProvider(flags, close_client=False)
        kind = case.get("as", "boolean")
        default = (
            case["default"]
            if "default" in case
            else {"boolean": False, "string": "", "integer": 0, "float": 0.0, "object": {}}[kind]
        )
        found = getattr(provider, f"resolve_{kind}_details")(case["flag"], default, context)
        wanted = want["value"] if "value" in want else want["enabled"]
        assert same(found.value, wanted), found
        assert str(found.error_code.value if found.error_code else "") == want.get("error", "")
        if not want.get("error"):
            assert found.flag_metadata.get("enabled") == want["enabled"]
            assert found.flag_metadata.get("gate", "") == want["gate"]


def same(found: Any, wanted: Any) -> bool:
    return found == wanted and isinstance(found, bool) == isinstance(wanted, bool)


def test_the_contract_is_there() -> None:
    assert len(CONTRACT["cases"]) > 100
