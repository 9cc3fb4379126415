from __future__ import annotations

from typing import Any

import pytest

from gonfalon import Context, ContextError
from gonfalon.engine import Engine


class User:
    def __init__(self, key: Any, *groups: str) -> None:
        self.actor_id = key
        self.groups = groups
        self.asked: list[str] = []

    def in_group(self, name: str) -> bool:
        self.asked.append(name)
        return name in self.groups


class Method:
    def actor_id(self) -> str:
        return "user:3"


def who(actor: Any, **asking: Any) -> tuple[Any, Any, Any, int, int]:
    return actor, asking.get("groups", ()), asking.get("attributes"), 1, 2


@pytest.mark.parametrize(
    ("actor", "wire"),
    [
        (None, None),
        ("user:3", "user:3"),
        ("", ""),
        (7, "7"),
        (User("user:3"), "user:3"),
        (User(7), "7"),
        (User(None), False),
        (Method(), "user:3"),
        ("a\ud800", "a\ufffd"),
    ],
)
def test_an_actor_on_the_wire(actor: Any, wire: object) -> None:
    assert Context(actor).actor == wire


class Raising:
    @property
    def actor_id(self) -> str:
        raise RuntimeError("no")


@pytest.mark.parametrize(
    "actor",
    [object(), True, 5.5, b"user:3", User(["user:3"]), float("nan"), 2.0**54, Raising(), pytest.param(10**5000, id="digits")],
)
def test_what_is_no_actor_is_nobody_and_noted(actor: Any) -> None:
    made = Context(actor)
    assert made.actor is (False if hasattr(actor, "in_group") else None)
    assert len(made.unreadable) == 1


def test_groups_without_an_actor_are_those_of_an_actor_without_a_key(engine: Engine) -> None:
    assert Context(groups=["staff"]).actor is False
    assert engine.decide("member", *who(None, groups=["staff"])).enabled


def test_a_lone_string_is_one_group() -> None:
    assert Context(groups="staff").groups == ["staff"]
    made = Context(groups=["a", 1, None, "b"])  # type: ignore[list-item]
    assert made.groups == ["a", "b"]
    assert len(made.unreadable) == 2


def test_groups_beyond_the_limit_count_if_they_are_named(engine: Engine) -> None:
    many = [*(f"g{i}" for i in range(300)), "staff"]
    assert engine.decide("member", *who("user:3", groups=many)).path == "group/staff"
    assert engine.evaluate("member", *who("user:3", groups=many)) & 1
    assert [d.path for d in engine.decide_all(["member"], *who("user:3", groups=many))] == ["group/staff"]
    assert engine.explain("member", *who("user:3", groups=many)).decision.path == "group/staff"


def test_attributes_beyond_the_limit_count_if_they_are_looked_at(engine: Engine) -> None:
    many: dict[str, object] = {f"a{i:03}": i for i in range(300)}
    assert engine.evaluate("rule", *who("user:3", attributes={**many, "plan": "pro"})) & 1
    assert engine.decide_all(["rule"], *who("user:3", attributes={**many, "plan": "pro"}))[0].enabled
    assert engine.explain("rule", *who("user:3", attributes={**many, "plan": "pro"})).decision.enabled


class Broken:
    def in_group(self, name: str) -> bool:
        raise RuntimeError(name)


def test_a_context_whose_groups_cannot_be_known_decides_nothing(engine: Engine) -> None:
    def endless() -> Any:
        while True:
            yield "g"

    for given in (Context(Broken()), Context("u", groups=endless())):
        with pytest.raises(ContextError):
            engine.decide("member", *who(given))


def test_a_function_answers_for_groups(engine: Engine) -> None:
    assert engine.decide("member", *who("user:3", groups=lambda name: name == "staff")).path == "group/staff"


def test_a_member_is_asked_only_for_groups_that_the_flag_and_its_parents_name(engine: Engine) -> None:
    user = User("user:3", "staff", "elsewhere")
    assert engine.decide("member", *who(user)).path == "group/staff"
    assert sorted(user.asked) == ["banned", "early", "staff"]
    user.asked.clear()
    engine.decide("percentage", *who(user))
    assert user.asked == []


def test_a_member_is_asked_once_for_a_batch(engine: Engine) -> None:
    user = User("user:3", "staff")
    engine.decide_all(None, *who(user))
    assert sorted(user.asked) == ["banned", "early", "staff"]


def test_groups_that_are_given_are_not_asked_for(engine: Engine) -> None:
    user = User("user:3")
    assert engine.decide("member", *who(user, groups=["staff"])).enabled
    assert "staff" not in user.asked


def test_a_prepared_context_decides_as_its_parts(engine: Engine) -> None:
    prepared = Context("user:3", groups=["staff"], attributes={"plan": "pro", "bad": "\ud800"})
    for flag in engine.all_keys():
        whole = engine.decide(flag, *who(prepared))
        parts = engine.decide(flag, *who("user:3", groups=["staff"], attributes={"plan": "pro"}))
        assert whole == parts
    with pytest.raises(ContextError, match="prepared"):
        engine.decide("rule", *who(prepared, attributes={"plan": "free"}))


def test_a_prepared_context_keeps_its_attributes() -> None:
    attributes = {"plan": "pro"}
    prepared = Context("user:3", attributes=attributes)
    attributes["plan"] = "free"
    assert prepared.attributes == {"plan": "pro"}
