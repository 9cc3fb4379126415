"""The main flow against the real control plane."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import msgpack
import pytest

from fake import held
from gonfalon import AsyncGonfalon, Gonfalon, State
from watcher import QUICK, Watcher

ADMIN = "an-admin-token-for-tests"


class ControlPlane:
    """A running gonfalon, with an admin's client and a token for SDKs."""

    def __init__(self, binary: Path, folder: Path, listen: str = "127.0.0.1:0") -> None:
        self.binary, self.folder = binary, folder
        command = [binary, "serve", "--data-dir", folder, "--listen", listen, "--seed=false", "--log-level", "error"]
        self.process = subprocess.Popen(
            command, env={**os.environ, "GONFALON_ADMIN_TOKEN": ADMIN}, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if found := re.search(r"(https?://[^/\s]+)/v1", line):
                self.url = found[1]
                break
        else:
            raise RuntimeError(f"gonfalon ended with {self.process.wait()}")
        self.reading = threading.Thread(target=self.process.stdout.read)  # so that it never waits for a reader
        self.reading.start()
        self.http = httpx.Client(base_url=self.url + "/v1", headers={"Authorization": f"Bearer {ADMIN}"}, timeout=10)

    def sdk_token(self) -> str:
        return str(self.ask("POST", "/tokens", {"name": "python", "role": "sdk", "envs": ["default"]})["token"])

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        response = self.http.request(method, path, json=body)
        assert response.is_success, response.text
        return response.json() if response.content else None

    def put(self, key: str, *gates: dict[str, Any]) -> None:
        self.ask("PUT", f"/envs/default/flags/{key}", {"gates": gates})

    def stop(self) -> None:
        self.http.close()
        self.process.kill()
        self.process.wait()
        self.reading.join()
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture
def plane(binary: Path, tmp_path: Path) -> Iterator[ControlPlane]:
    plane = ControlPlane(binary, tmp_path / "data")
    yield plane
    plane.stop()


ON = {"type": "boolean", "enabled": True}
OFF = {"type": "boolean", "enabled": False}
PRO = {"type": "rule", "enabled": True, "constraints": [{"attribute": "plan", "operator": "in", "values": ["pro"]}]}


def test_a_change_arrives_and_is_decided_alike(plane: ControlPlane) -> None:
    plane.put("checkout", PRO)
    with Gonfalon(plane.url, plane.sdk_token(), **QUICK) as flags:
        assert flags.state is State.READY
        watcher = Watcher(flags)
        assert flags.enabled("checkout", actor="user:3", attributes={"plan": "pro"})
        assert not flags.enabled("checkout", actor="user:3", attributes={"plan": "free"})
        for revision in range(20):
            plane.put("other", ON if revision % 2 else OFF)
        plane.put("checkout", PRO, {"type": "percentage_of_actors", "ratio": 0.25})
        watcher.until(lambda: any(flags.enabled("checkout", f"user:{i}") for i in range(50)))
        for i in range(50):
            asked = {"context": {"targetingKey": f"user:{i}"}}
            answer = plane.http.post(f"{plane.url}/ofrep/v1/evaluate/flags/checkout", json=asked).json()
            assert answer["value"] == flags.enabled("checkout", f"user:{i}")
        assert flags.stats.refused == 0
        plane.ask("DELETE", "/envs/default/flags/checkout")
        watcher.until(lambda: not flags.decide("checkout").known)


def test_a_restart_is_survived_and_resumed(plane: ControlPlane, tmp_path: Path) -> None:
    plane.put("a", ON)
    token = plane.sdk_token()
    last_good = tmp_path / "last"
    with Gonfalon(plane.url, token, last_good=last_good, **QUICK) as flags:
        watcher = Watcher(flags)
        plane.stop()
        address = plane.url.removeprefix("http://")
        with held(int(address.split(":")[1])):
            watcher.until(lambda: flags.state is State.STALE)
            assert flags.enabled("a")
            with Gonfalon(plane.url, token, last_good=last_good, **QUICK) as started_meanwhile:
                assert started_meanwhile.state is State.STALE
                assert started_meanwhile.enabled("a")
            again = ControlPlane(plane.binary, plane.folder, address)
        try:
            again.put("a", OFF)
            again.put("b", ON)
            watcher.until(lambda: flags.enabled("b") and not flags.enabled("a"))
            assert flags.state is State.READY
        finally:
            again.stop()
    assert last_good.exists()


@pytest.mark.parametrize("poll", [None, 0.05])
def test_a_forged_last_good_gets_the_kill(plane: ControlPlane, tmp_path: Path, poll: float | None) -> None:
    plane.put("a", ON)
    header, segments, records, _ = msgpack.unpackb(plane.http.get("/envs/default/snapshot").content)
    header[4] += 1000  # a revision that the server never had
    forged = msgpack.packb([header, segments, records])
    forged = b"\x94" + forged[1:] + b"\xc4\x20"
    last_good = tmp_path / "last"
    last_good.write_bytes(forged + hashlib.sha256(forged).digest())
    plane.ask("POST", "/envs/default/flags/a/kill")
    with Gonfalon(plane.url, plane.sdk_token(), last_good=last_good, poll=poll, **QUICK) as flags:
        Watcher(flags).until(lambda: flags.decide("a").killed)
        assert flags.state is State.READY


def test_a_decision_says_that_it_was_given_up(plane: ControlPlane) -> None:
    costly = {
        "type": "rule",
        "enabled": True,
        "constraints": [{"attribute": "a", "operator": "matches", "values": ["(a|.){0,99}$x"]}],
    }
    plane.put("a", costly, ON)
    with Gonfalon(plane.url, plane.sdk_token(), **QUICK) as flags:
        decided = [flags.decide("a", attributes={"a": text}) for text in ("/", "/" * 30_000)]
    assert [(d.enabled, d.exhausted) for d in decided] == [(True, False), (False, True)]


def test_a_token_that_is_made_later_is_enough(plane: ControlPlane) -> None:
    plane.put("a", ON)
    secret = "made-a-little-later-on"
    with Gonfalon(plane.url, secret, ready_within=0, **QUICK) as flags:
        watcher = Watcher(flags)
        watcher.until(lambda: flags.state is State.ERROR)
        assert "401" in str(flags.stats.last_error)
    with Gonfalon(plane.url, ADMIN, environment="missing", ready_within=0, **QUICK) as flags:
        watcher = Watcher(flags)
        watcher.until(lambda: flags.state is State.ERROR)
        plane.ask("POST", "/envs", {"key": "missing", "from": "default"})
        watcher.until(lambda: flags.state is State.READY)
        assert flags.enabled("a")


def test_polling_and_usage(plane: ControlPlane) -> None:
    plane.put("a", ON)
    with Gonfalon(plane.url, plane.sdk_token(), poll=0.02, **QUICK) as flags:
        watcher = Watcher(flags)
        assert flags.enabled("a")
        plane.put("a", OFF)
        watcher.until(lambda: not flags.decide("a").enabled)
        assert flags.flush()
    seen = plane.ask("GET", "/envs/default/flags/a")
    assert "last_evaluated" in str(seen)


def test_asyncio(plane: ControlPlane) -> None:
    plane.put("a", ON)
    token = plane.sdk_token()

    async def program() -> None:
        async with AsyncGonfalon(plane.url, token, **QUICK) as flags:
            assert flags.enabled("a")
            watcher = Watcher(flags)
            await asyncio.to_thread(plane.put, "a", OFF)
            await asyncio.to_thread(watcher.until, lambda: not flags.enabled("a"))

    asyncio.run(program())


def test_the_example_app(plane: ControlPlane) -> None:
    plane.put("new_checkout", {"type": "group", "target": "staff", "enabled": True})
    environment = {**os.environ, "GONFALON_ENDPOINT": plane.url, "GONFALON_TOKEN": ADMIN, "PORT": "0"}
    command = [sys.executable, Path(__file__).parents[1] / "examples/shop.py"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as app:
        try:
            assert app.stderr is not None
            for line in app.stderr:
                if found := re.search(r"Uvicorn running on (http://[^ ]+)", line):
                    break
            else:
                raise AssertionError("the example ended")
            with httpx.Client(base_url=found[1], timeout=10) as shop:
                assert shop.get("/checkout?user=user:3&group=staff").json()["checkout"] == "new"
                assert shop.get("/checkout?user=user:3").json() == {"user": "user:3", "checkout": "old", "state": "READY"}
                assert shop.get("/flags?group=staff").json()["new_checkout"]["enabled"]
                assert "staff" in str(shop.get("/why/new_checkout?group=staff").json())
                assert shop.get("/healthz").json()["flags"] == "READY"
        finally:
            app.terminate()
