"""What a client tells the control plane about itself."""

from __future__ import annotations

import re
import threading
from typing import Any

import pytest

from fake import FakeServer, held
from flagset import snapshot
from gonfalon import Gonfalon
from gonfalon.source import Pace
from watcher import QUICK, Watcher

TWO = snapshot(2, a=False, b=True)


def test_a_host_tells_which_revision_serves_and_that_it_ends(server: FakeServer) -> None:
    with Gonfalon(server.url, "token", **QUICK) as flags:
        first: dict[str, Any] = server.hosts.get(timeout=10)
        assert re.fullmatch("[0-9a-f]{16}", first["id"]) and re.fullmatch("[0-9a-f]{32}", first["lineage"])
        assert (first["sdk"], first["revision"], first["via"], "gone" in first) == ("python", 1, "stream", False)
        watcher = Watcher(flags)
        server.publish(TWO)
        watcher.until(lambda: not flags.enabled("a"))
        second = server.hosts.get(timeout=20)
        assert (second["id"], second["revision"]) == (first["id"], 2)
    last = server.hosts.get(timeout=10)
    assert last["gone"] and last["id"] == first["id"]
    counts = server.usage.get(timeout=10)["a"]
    assert counts["count"] > counts["on"] >= 0


def test_a_host_that_polls_says_so(server: FakeServer) -> None:
    with Gonfalon(server.url, "token", poll=0.01, **QUICK):
        assert server.hosts.get(timeout=10)["via"] == "poll"


def test_an_older_server_is_sent_the_counts_alone(server: FakeServer) -> None:
    server.older = True
    with Gonfalon(server.url, "token", **QUICK) as flags:
        assert flags.enabled("a")
        assert flags.flush()
        assert set(server.usage.get(timeout=10)["a"]) == {"count", "last"}
    assert server.hosts.empty()


def test_a_host_whose_report_fails_waits_for_the_next_regular_one(server: FakeServer) -> None:
    server.usage_status = 403
    with Gonfalon(server.url, "token", **QUICK) as flags:
        assert not flags.flush()
        server.usage_status = 204
        assert flags.flush()
        assert server.hosts.get(timeout=10)["revision"] == 1


def test_a_host_that_is_closed_while_its_first_report_is_under_way_says_that_it_ends(server: FakeServer) -> None:
    server.hold = hold = threading.Event()
    with Gonfalon(server.url, "token", **QUICK):
        first = server.hosts.get(timeout=10)
    last = server.hosts.get(timeout=10)
    assert ("gone" in first, last["gone"], last["id"]) == (False, True, first["id"])
    hold.set()


def test_counts_whose_report_is_cut_off_by_the_close_go_with_the_last(server: FakeServer) -> None:
    server.hold = hold = threading.Event()
    server.holds = lambda report: bool(report["flags"])
    with Gonfalon(server.url, "token", pace=Pace(usage=0.2)) as flags:
        assert flags.enabled("a")
        assert server.usage.get(timeout=10)["a"]["count"] == 1
    assert server.usage.get(timeout=10)["a"]["count"] == 1
    hold.set()


@pytest.mark.parametrize("status", [401, 500])
def test_a_host_whose_reports_all_failed_says_nothing_at_the_end(
    server: FakeServer, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gonfalon.host.WITHIN", 1e6)  # only what the test asks for is told
    server.usage_status = status
    with Gonfalon(server.url, "token", **QUICK) as flags:
        assert not flags.flush()
        server.usage_status = 204
    assert server.hosts.empty()


def test_a_server_that_was_never_reached_is_told_nothing_at_the_end(server: FakeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gonfalon.host.WITHIN", 1e6)
    server.close()
    with held(server.port):
        flags = Gonfalon(server.url, "token", bootstrap=TWO, ready_within=0, **QUICK)
        assert not flags.flush()
    with FakeServer(TWO, server.port) as other:
        flags.close()
        assert other.hosts.empty()


def test_what_changes_while_a_report_is_under_way_is_told_as_well(server: FakeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gonfalon.host.WITHIN", 0.01)
    monkeypatch.setattr("gonfalon.host.PAUSE", 0.0)
    with Gonfalon(server.url, "token", pace=Pace(usage=0.2)) as flags:
        server.hosts.get(timeout=10)
        server.hold = hold = threading.Event()
        while server.hold is not None:  # until a regular report is under way
            server.hosts.get(timeout=10)
        server.publish(TWO)
        assert flags.wait_for(2, timeout=10)
        while server.hosts.get(timeout=10)["revision"] != 2:
            pass
        hold.set()
