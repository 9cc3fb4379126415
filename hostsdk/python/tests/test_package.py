"""Builds the package as it is published, installs it into an empty environment, and uses it there."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from flagset import DATA, TREE

PROJECT = Path(__file__).parents[1]
USE = """
import sys
from importlib import metadata, resources
from gonfalon import Gonfalon, __version__

assert __version__ == metadata.version("gonfalon"), __version__
assert (resources.files("gonfalon") / "py.typed").is_file()
assert sys.prefix in str(resources.files("gonfalon")), resources.files("gonfalon")
with Gonfalon(bootstrap=sys.argv[1]) as flags:
    assert flags.enabled("rule", "user:3", attributes={"plan": "pro"})
    assert not flags.enabled("rule", "user:3", attributes={"plan": "free"})
    print(flags.variant("hero", "user:3"))
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """An sdist, and the wheel that is built from it: what a user gets who has no wheel."""
    out = tmp_path_factory.mktemp("dist")
    subprocess.run([sys.executable, "-m", "build", "--outdir", out, PROJECT], check=True, capture_output=True)
    return next(out.glob("*.whl")), next(out.glob("*.tar.gz"))


def test_both_carry_the_very_module(built: tuple[Path, Path]) -> None:
    module = (TREE / "wasm/engine.wasm").read_bytes()
    wheel, sdist = built
    with zipfile.ZipFile(wheel) as files:
        names = files.namelist()
        assert files.read("gonfalon/engine.wasm") == module
        assert "gonfalon/py.typed" in names
        assert not [name for name in names if name.startswith(("tests", "conftest"))]
        assert wheel.name.endswith("-py3-none-any.whl")
    with tarfile.open(sdist) as files:
        found = [member for member in files.getmembers() if member.name.endswith("engine.wasm")]
        assert len(found) == 1 and found[0].isfile()
        content = files.extractfile(found[0])
        assert content is not None and content.read() == module


def test_the_module_in_the_tree_is_no_copy() -> None:
    assert (PROJECT / "src/gonfalon/engine.wasm").resolve() == TREE / "wasm/engine.wasm"


def test_an_installed_wheel_works_in_an_empty_environment(built: tuple[Path, Path], tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    python = tmp_path / "venv/bin/python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", built[0]], check=True)
    use = [python, "-I", "-W", "error", "-c", USE, DATA / "flags.snapshot"]
    done = subprocess.run(use, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() in ("blue", "green")


@pytest.mark.parametrize("name", ["flags", "evaluation"])
def test_the_snapshots_of_the_tests_are_what_their_sources_compile_to(binary: Path, tmp_path: Path, name: str) -> None:
    made = tmp_path / "made.snapshot"
    subprocess.run([binary, "compile", DATA / f"{name}.yaml", "-o", made, "--revision", "7"], check=True, capture_output=True)
    assert made.read_bytes() == (DATA / f"{name}.snapshot").read_bytes()
