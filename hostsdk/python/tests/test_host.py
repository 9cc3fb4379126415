"""What a client tells the control plane about itself."""

from __future__ import annotations

import re
from typing import Any

from fake import FakeServer
from flagset import snapshot
from gonfalon import Gonfalon
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
