"""Replays the recorded sessions of hostsdk/testdata/sessions, as every SDK does."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from fake import FakeServer
from flagset import TREE, position
from gonfalon import Gonfalon
from gonfalon.resolution import resolve
from watcher import QUICK, Watcher

PATIENT: Any = {**QUICK, "grace": 5.0}  # what the sessions rest on

SESSIONS = sorted((TREE / "hostsdk/testdata/sessions").glob("*.json"))


class Recorded(FakeServer):
    """Says only what the session says: its streams are silent, and it has no snapshot before the session gives one."""

    def __init__(self) -> None:
        super().__init__(b"")
        self.greets = False


@pytest.mark.skipif(not SESSIONS, reason="the sessions are in the source tree")
@pytest.mark.parametrize("path", SESSIONS, ids=lambda path: path.stem)
def test_a_recorded_session(path: Path) -> None:
    session = json.loads(path.read_text())
    bootstrap = base64.b64decode(session["bootstrap"]) if "bootstrap" in session else None
    with Recorded() as server, Gonfalon(server.url, "token", bootstrap=bootstrap, ready_within=0, **PATIENT) as flags:
        watcher = Watcher(flags)
        for step in session["steps"]:
            match step:
                case {"connect": {"last_event_id": wanted}}:
                    assert server.next_request("/stream").get("last-event-id", "") == wanted
                    server.await_stream()
                case {"send": text}:
                    server.send(text.encode())
                case {"snapshot": data}:
                    server.snapshot = base64.b64decode(data)
                case {"supersedes": does}:
                    server.supersedes = does
                case {"changed": keys}:
                    assert watcher.next_change().flags == frozenset(keys)
                case {"close": True}:
                    server.cut()
                case {"expect": expected}:
                    check(flags, watcher, expected)
                case _:
                    raise AssertionError(f"a step of an unknown kind: {step}")


def check(flags: Gonfalon, watcher: Watcher, expected: dict[str, Any]) -> None:
    def serves() -> tuple[str | None, int | None, int]:
        info = flags.info
        return (info.lineage, info.revision, flags.stats.refused) if info else (None, None, flags.stats.refused)

    wanted = (expected.get("lineage"), expected.get("revision"), expected["refused"])
    watcher.until(lambda: serves() == wanted and flags.state == expected["state"])
    for question in expected.get("decisions", ()):
        decision = flags.decide(
            question["flag"],
            question.get("actor"),
            groups=question.get("groups", ()),
            attributes=question.get("attributes"),
            now=question["now"],
            roll=int(question["roll"]),
        )
        found = resolve(decision)
        answer = {
            "enabled": decision.enabled,
            "variant": decision.variant,
            "value": found.value,
            "reason": found.reason,
            "error": found.error,
        }
        assert answer == {name: question[name] for name in answer}, question


def test_positions_are_read_from_the_snapshot() -> None:
    session = json.loads((TREE / "hostsdk/testdata/sessions/bootstrap.json").read_text())
    assert position(base64.b64decode(session["bootstrap"])) == session["steps"][0]["connect"]["last_event_id"]
