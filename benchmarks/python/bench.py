"""Times the Python SDK on the benchmarks' common workloads, and checks every answer.

    make -C hostsdk/python .venv/.installed && hostsdk/python/.venv/bin/python benchmarks/python/bench.py

W1 a boolean flag · W2 one actor of 100 listed · W3 25% of actors · W4 three constraints and 50% · W5 four weighted variants · a
batch of 100 flags · the time from the start of a process to its first decision. The lowest of many samples counts: what a busy
machine adds, it only ever adds. Results are appended to benchmarks/results/latest.jsonl, unless --json names another file.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gonfalon import Context, Decision, Gonfalon
from gonfalon.wasm import module_bytes

ROOT = Path(__file__).parents[2]
FLAGS = 1000
LISTED = 100
ACTORS = [f"user:{i * 3:06d}" for i in range(64)]
ATTRIBUTES = {"age": 34, "country": "DE", "email": "jo@example.com", "plan": "team", "beta": True}
NAMES = ("W1 boolean", "W2 1 of 100 actors", "W3 25% of actors", "W4 3 constraints + 50%", "W5 four variants")
CUTS = (("blue", 40), ("green", 70), ("red", 90), ("white", 100))
SAMPLES, SAMPLE = 40, 0.01  # how many, and how many seconds each

FIRST = """
import time
begin = time.perf_counter()
from gonfalon import Gonfalon
imported = time.perf_counter()
flags = Gonfalon(bootstrap={snapshot!r})
ready = time.perf_counter()
answer = flags.enabled("w1_flag_00000", "user:000003")
print(answer, imported - begin, ready - imported, time.perf_counter() - ready)
"""


def key(kind: int, i: int) -> str:
    return f"w{kind + 1}_flag_{i:05d}"


def gates(kind: int) -> list[dict[str, Any]]:
    match kind:
        case 0:
            return [{"type": "boolean", "enabled": True}]
        case 1:
            return [{"type": "actor", "target": f"user:{i:06d}", "enabled": True} for i in range(LISTED)]
        case 2:
            return [{"type": "percentage_of_actors", "ratio": 0.25}]
        case 3:
            constraints = [
                {"attribute": "country", "operator": "eq", "values": ["DE"]},
                {"attribute": "age", "operator": "gte", "values": [18]},
                {"attribute": "plan", "operator": "in", "values": ["pro", "team", "enterprise"]},
            ]
            return [{"type": "rule", "enabled": True, "ratio": 0.5, "constraints": constraints}]
    weights = zip(("blue", "green", "red", "white"), (40, 30, 20, 10), strict=True)
    return [{"type": "variant", "variants": [{"name": name, "weight": weight} for name, weight in weights]}]


def compile_snapshot(folder: Path) -> Path:
    """The snapshot of FLAGS flags, a fifth of each workload, made by the gonfalon program."""
    flags = [{"key": key(kind, i), "gates": gates(kind)} for kind in range(5) for i in range(FLAGS // 5)]
    (folder / "flags.json").write_text(json.dumps({"flags": flags}))
    program = [os.environ["GONFALON_BINARY"]] if "GONFALON_BINARY" in os.environ else ["go", "run", "./cmd/gonfalon"]
    made = folder / "flags.snapshot"
    command = [*program, "compile", folder / "flags.json", "-o", made]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return made


def want(kind: int, flag: str, actor: str) -> tuple[bool, str | None]:
    """The right answer, computed from the definitions and not by the engine."""
    score = int.from_bytes(hashlib.sha256((actor + flag).encode()).digest()[:2], "big") / 65536
    match kind:
        case 0:
            return True, None
        case 1:
            return int(actor.removeprefix("user:")) < LISTED, None
        case 2:
            return score <= 0.25, None
        case 3:
            return score <= 0.5, None
    return False, next(name for name, cut in CUTS if score * 100 < cut)


def check(kind: int, flag: str, actor: str, decision: Decision) -> None:
    found, wanted = (decision.enabled, decision.variant), want(kind, flag, actor)
    if found != wanted:
        raise SystemExit(f"wrong answer: {flag} for {actor} is {found}, not {wanted}")


def lowest(question: Callable[[int], object]) -> float:
    """Nanoseconds per call, in the best of SAMPLES samples."""
    n = 1
    while (taken := timed(question, n)) < SAMPLE / 2:
        n *= 2
    n = max(1, int(n * SAMPLE / taken))
    return min(timed(question, n) for _ in range(SAMPLES)) / n * 1e9


def timed(question: Callable[[int], object], n: int) -> float:
    numbers = range(n)
    begin = time.perf_counter()
    for i in numbers:
        question(i)
    return time.perf_counter() - begin


def machine() -> str:
    model = platform.machine()
    info = Path("/proc/cpuinfo")
    for line in info.read_text().splitlines() if info.exists() else ():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    return f"{os.cpu_count()} × {model}"


def commit() -> str:
    command = ["git", "describe", "--always", "--dirty=+", "--exclude=*"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


class Report:
    """Prints results for people and appends them to a file for machines."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a")
        self._about = {
            "machine": machine(),
            "python": f"{platform.python_implementation()} {platform.python_version()}",
            "commit": commit(),
        }
        print(" · ".join(self._about.values()))
        print(f"{'':<44} {'ns':>14} {'checked':>8}")

    def add(self, name: str, ns: float, checked: int) -> None:
        print(f"{name:<44} {ns:>14,.0f} {checked:>8}")
        line = {"name": f"python: {name}", "ns": round(ns, 1), "answers_checked": checked, **self._about}
        self._file.write(json.dumps(line, ensure_ascii=False) + "\n")
        self._file.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description="Time the Python SDK, and check its answers.")
    parser.add_argument("--json", type=Path, default=ROOT / "benchmarks/results/latest.jsonl", metavar="FILE")
    report = Report(parser.parse_args().json)

    with tempfile.TemporaryDirectory() as folder:
        snapshot = compile_snapshot(Path(folder))
        flags = Gonfalon(bootstrap=snapshot)
        prepared = [Context(actor, attributes=ATTRIBUTES) for actor in ACTORS]
        for kind, name in enumerate(NAMES):
            single(report, flags, kind, name, prepared)
        batch(report, flags, prepared)
        first_decision(report, snapshot)
    module = module_bytes()
    print(f"the module: {len(module):,} bytes, {len(gzip.compress(module, 9)):,} with gzip -9")


def single(report: Report, flags: Gonfalon, kind: int, name: str, prepared: list[Context]) -> None:
    keys = [key(kind, i) for i in range(64)]
    for flag in keys:
        for actor in ACTORS:
            check(kind, flag, actor, flags.decide(flag, actor, attributes=ATTRIBUTES))
    checked = len(keys) * len(ACTORS)
    if kind == 4:
        report.add(f"{name}, prepared context", lowest(lambda i: flags.variant(keys[i & 63], prepared[i & 63])), checked)
    elif kind == 3:
        ask = lowest(lambda i: flags.enabled(keys[i & 63], ACTORS[i & 63], attributes=ATTRIBUTES))
        report.add(name, ask, checked)
        report.add(f"{name}, prepared context", lowest(lambda i: flags.enabled(keys[i & 63], prepared[i & 63])), checked)
    else:
        report.add(name, lowest(lambda i: flags.enabled(keys[i & 63], ACTORS[i & 63])), checked)


def batch(report: Report, flags: Gonfalon, prepared: list[Context]) -> None:
    kinds = {key(kind, i): kind for i in range(20) for kind in range(5)}
    keys = list(kinds)
    checked = 0
    for context, actor in zip(prepared, ACTORS, strict=True):
        for decision in flags.decide_all(context, keys=keys):
            check(kinds[decision.key], decision.key, actor, decision)
            checked += 1
    report.add("batch of 100, for all of them", lowest(lambda i: flags.decide_all(prepared[i & 63], keys=keys)), checked)


def first_decision(report: Report, snapshot: Path) -> None:
    """From the start of a process: Python itself, the imports, compiling the module, loading the snapshot, and one decision."""
    script = FIRST.format(snapshot=str(snapshot))
    best: list[float] = []
    python_alone = min(run("pass")[0] for _ in range(7))
    for _ in range(7):
        taken, said = run(script)
        answer, *parts = said.split()
        if answer != "True":
            raise SystemExit(f"wrong answer in a new process: {said}")
        times = [taken, *map(float, parts)]
        best = times if not best or times[0] < best[0] else best
    taken, imports, ready, decided = best
    report.add(f"first decision of a process, {FLAGS} flags", taken * 1e9, 7)
    print(f"  of which Python {python_alone:.3f} s, imports {imports:.3f} s, module and snapshot {ready:.3f} s")
    print(f"  and the decision itself, the very first, {decided:.6f} s")


def run(script: str) -> tuple[float, str]:
    begin = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return time.perf_counter() - begin, done.stdout


if __name__ == "__main__":
    main()
