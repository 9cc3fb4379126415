"""Runs the servers of hostsdk/contract that misbehave, as every SDK does."""

from __future__ import annotations

import gc
import json
import re
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from gonfalon import Gonfalon, State
from programs import contract
from watcher import QUICK

PATIENT = 5  # times as long as the contract says: machines that run tests do other things, too
SOURCES = {"stream": None, "poll": 0.05}


def cases() -> list[Any]:
    program = contract()
    if program is None:
        return [pytest.param({}, "", marks=pytest.mark.skip("there is no GONFALON_CONTRACT, and no Go to build it with"))]
    listed = json.loads(subprocess.run([program, "hostile"], stdout=subprocess.PIPE, check=True).stdout)
    return [pytest.param(case, source, id=f"{case['name']}-{source}") for case in listed for source in case["sources"]]


@pytest.mark.parametrize(("case", "source"), cases())
def test_a_server_that_misbehaves_is_survived(case: dict[str, Any], source: str, tmp_path: Path) -> None:
    authority = tmp_path / "ca.pem"
    with served(case["name"], authority) as url:
        trusting = ssl.create_default_context(cafile=authority) if "The client trusts" in case["about"] else None
        before = memory()
        with Gonfalon(url, "token", poll=SOURCES[source], ready_within=0, tls=trusting, **QUICK) as flags:
            follow(flags, case, url)
        assert memory() - before < case["memory_mb"]


def follow(flags: Gonfalon, case: dict[str, Any], url: str) -> None:
    began = time.monotonic()

    def settled() -> bool:
        # Who begins NOT_READY has met the server once it has failed, or hangs for longer than that takes.
        stats = flags.stats
        return "NOT_READY" not in case["states"] or stats.lost > 0 or stats.state is State.ERROR or time.monotonic() - began > 2

    until(case["within_seconds"], lambda: flags.state.name in case["states"] and settled(), flags)
    # One that polls where no stream can be had is STALE now and then.
    assert flags.enabled("a") == (flags.state in {State.READY, State.STALE})
    if url.startswith("https:"):
        return  # nobody who verifies it could ask the server more
    answer = httpx.post(url + "/hostile/check", timeout=60)
    assert answer.status_code == 200, answer.text
    if case["mended_within_seconds"] > 0 and not str(flags.stats.last_error).startswith("429"):
        httpx.post(url + "/hostile/mend", timeout=60)
        until(case["mended_within_seconds"], lambda: flags.state is State.READY and flags.enabled("a"), flags)


@contextmanager
def served(name: str, authority: Path) -> Iterator[str]:
    """The address of the server of a case, which ends with its input."""
    program = contract()
    assert program is not None
    command = [program, "hostile", name, authority]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        yield server.stdout.readline().strip()


def until(seconds: float, condition: Callable[[], bool], flags: Gonfalon) -> None:
    deadline = time.monotonic() + PATIENT * seconds
    while not condition():
        assert time.monotonic() < deadline, flags.stats
        time.sleep(0.005)


def memory() -> int:
    """The megabytes that the process has; 0 where nobody says."""
    gc.collect()
    status = Path("/proc/self/status")
    found = re.search(r"VmRSS:\s+(\d+)", status.read_text()) if status.exists() else None
    return int(found[1]) // 1024 if found else 0
