"""Measures the Python SDK, and prints its figures as JSON. GONFALON_BENCH is a folder of ``contract bench``."""

from __future__ import annotations

import hashlib
import io
import json
import os
import resource
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

FIRST = """
from gonfalon import Gonfalon
flags = Gonfalon(bootstrap={snapshot!r})
assert flags.enabled("boolean_00000", "user:000003")
"""
KINDS = {"boolean": 1.0, "percentage": 0.25, "rule": 0.5}
ACTORS = [f"user:{i * 3:06d}" for i in range(64)]
ATTRIBUTES = {"age": 34, "beta": True, "country": "DE", "email": "jo@example.com", "plan": "team"}
HUNDRED = [f"{list(KINDS)[i % 3]}_{i // 3:05d}" for i in range(100)]
SAMPLES, SAMPLE = 30, 0.01


def right(kind: str, key: str, actor: str) -> bool:
    """The right answer by the definitions, and not by the engine."""
    return int.from_bytes(hashlib.sha256((actor + key).encode()).digest()[:2], "big") / 65536 <= KINDS[kind]


def timed(ask: Callable[[int], object], n: int) -> float:
    begin = time.perf_counter()
    for i in range(n):
        ask(i & 63)
    return time.perf_counter() - begin


def lowest(ask: Callable[[int], object]) -> float:
    """Nanoseconds of a question, in the best of many samples."""
    n = 1
    while (taken := timed(ask, n)) < SAMPLE / 2:
        n *= 2
    n = max(1, int(n * SAMPLE / taken))
    return min(timed(ask, n) for _ in range(SAMPLES)) / n * 1e9


def started(script: str) -> float:
    begin = time.perf_counter()
    subprocess.run([sys.executable, "-c", script], check=True)
    return (time.perf_counter() - begin) * 1e3


def packed(folder: Path) -> int:
    """The size of the package, packed as a wheel is."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as wheel:
        for path in folder.rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                wheel.write(path)
    return len(archive.getvalue())


def main() -> None:
    folder = Path(os.environ["GONFALON_BENCH"])
    small, large = folder / "1000.snapshot", folder / "10000.snapshot"
    if sys.argv[1:] == ["serve"]:
        exec(FIRST.format(snapshot=str(large)), {})
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        return
    import gonfalon
    from gonfalon import Context, Gonfalon

    flags = Gonfalon(bootstrap=small)
    prepared = [Context(actor, attributes=ATTRIBUTES) for actor in ACTORS]
    figures: dict[str, object] = {"lang": "python", "engine": os.environ.get("GONFALON_ENGINE", "")}
    decide: dict[str, float] = {}
    whole: dict[str, float] = {}
    checked = 0
    for kind in KINDS:
        keys = [f"{kind}_{i:05d}" for i in range(64)]
        for key in keys:
            for actor, context in zip(ACTORS, prepared, strict=True):
                wanted = right(kind, key, actor)
                assert flags.enabled(key, actor, attributes=ATTRIBUTES) is wanted, (key, actor)
                assert flags.enabled(key, context) is wanted, (key, actor)
                checked += 2
        whole[kind] = lowest(lambda i, keys=keys: flags.enabled(keys[i], ACTORS[i], attributes=ATTRIBUTES))
        decide[kind] = lowest(lambda i, keys=keys: flags.enabled(keys[i], prepared[i]))
    for decision in flags.decide_all(prepared[1], keys=HUNDRED):
        assert decision.enabled is right(decision.key.split("_")[0], decision.key, ACTORS[1]), decision
        checked += 1
    figures |= {"decide_ns": whole, "prepared_ns": decide}
    figures["batch100_ns"] = lowest(lambda i: flags.decide_all(prepared[i], keys=HUNDRED))
    data = large.read_bytes()
    loads = []
    for _ in range(10):
        begin = time.perf_counter()
        loaded = Gonfalon(bootstrap=data)
        loads.append((time.perf_counter() - begin) * 1e3)
        loaded.close()
    figures["load10000_ms"] = min(loads)
    figures["start_ms"] = min(started(FIRST.format(snapshot=str(small))) for _ in range(7))
    peak = subprocess.run([sys.executable, __file__, "serve"], check=True, capture_output=True, text=True)
    figures["memory_mb"] = float(peak.stdout)
    figures["package_kb"] = packed(Path(gonfalon.__file__).parent) / 1024
    figures["answers_checked"] = checked
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
