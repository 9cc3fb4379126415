"""Builds the package as it is published, installs it into an empty environment, and uses it there."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest

from flagset import DATA, TREE

PROJECT = Path(__file__).parents[1]
PLATFORM = sysconfig.get_platform().replace("-", "_").replace(".", "_")
LINKS = {"engine.wasm": "wasm/engine.wasm", "openapi.yaml": "controlplane/httpapi/openapi.yaml"}
USE = """
import os, sys
from importlib import metadata, resources
from gonfalon import Gonfalon, __version__

assert __version__ == metadata.version("gonfalon"), __version__
assert (resources.files("gonfalon") / "py.typed").is_file()
assert sys.prefix in str(resources.files("gonfalon")), resources.files("gonfalon")
with Gonfalon(bootstrap=sys.argv[1]) as flags:
    assert flags.enabled("rule", "user:3", attributes={"plan": "pro"})
    assert not flags.enabled("rule", "user:3", attributes={"plan": "free"})
    print(flags.variant("hero", "user:3"), flags.info.engine)
assert "httpx" not in sys.modules and "asyncio" not in sys.modules
assert ("wasmtime" in sys.modules) == (flags.info.engine == "wasmtime")
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """An sdist, and the wheel that is built from it: what a user gets who has no wheel."""
    out = tmp_path_factory.mktemp("dist")
    environment = os.environ | {"GONFALON_ENGINE": "c"}
    subprocess.run([sys.executable, "-m", "build", "--outdir", out, PROJECT], env=environment, check=True, capture_output=True)
    return next(out.glob("*.whl")), next(out.glob("*.tar.gz"))


def test_both_carry_the_very_files(built: tuple[Path, Path]) -> None:
    carried = {name: (TREE / place).read_bytes() for name, place in LINKS.items()}
    wheel, sdist = built
    with zipfile.ZipFile(wheel) as files:
        names = files.namelist()
        assert {name: files.read(f"gonfalon/{name}") for name in LINKS} == carried
        assert "gonfalon/py.typed" in names
        assert not [name for name in names if name.startswith(("tests", "conftest"))]
        assert wheel.name.endswith(f"-cp311-abi3-{PLATFORM}.whl")
        assert [name for name in names if name.startswith("gonfalon/_engine.") and not name.endswith(".pyi")]
    with tarfile.open(sdist) as files:
        for name, wanted in carried.items():
            found = [member for member in files.getmembers() if member.name.endswith(name)]
            assert len(found) == 1 and found[0].isfile()
            content = files.extractfile(found[0])
            assert content is not None and content.read() == wanted


@pytest.mark.parametrize("name", LINKS)
def test_a_file_that_is_carried_is_no_copy_in_the_tree(name: str) -> None:
    assert (PROJECT / "src/gonfalon" / name).resolve() == TREE / LINKS[name]


def test_an_installed_wheel_works_in_an_empty_environment(built: tuple[Path, Path], tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    python = tmp_path / "venv/bin/python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", built[0]], check=True)
    use = [python, "-I", "-W", "error", "-c", USE, DATA / "flags.snapshot"]
    said = set()
    for engine in ("", "c", "wasmtime"):
        environment = os.environ | {"GONFALON_ENGINE": engine}
        done = subprocess.run(use, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        variant, decided_by = done.stdout.split()
        assert decided_by == engine or (not engine and decided_by == "c")
        said.add(variant)
    assert said in ({"blue"}, {"green"})
    subprocess.run([python, "-m", "pip", "install", "--quiet", f"{built[0]}[admin]"], check=True)
    call = "from gonfalon.admin import Admin; print(Admin.operations['put_flag'].path)"
    done = subprocess.run([python, "-I", "-W", "error", "-c", call], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout == "/v1/envs/{env}/flags/{key}\n", done.stderr


def test_where_there_is_no_compiler_wasmtime_decides(built: tuple[Path, Path], tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    python = tmp_path / "venv/bin/python"
    environment = os.environ | {"CC": "false", "LDSHARED": "false", "GONFALON_ENGINE": ""}
    subprocess.run([python, "-m", "pip", "install", "--quiet", built[1]], env=environment, check=True)  # from the sdist
    use = [python, "-I", "-W", "error", "-c", USE, DATA / "flags.snapshot"]
    done = subprocess.run(use, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[1] == "wasmtime"
    environment["GONFALON_ENGINE"] = "c"
    done = subprocess.run(use, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert "GONFALON_ENGINE is c, and this installation has no engine in C" in done.stderr


@pytest.mark.parametrize("name", ["flags", "evaluation"])
def test_the_snapshots_of_the_tests_are_what_their_sources_compile_to(binary: Path, tmp_path: Path, name: str) -> None:
    made = tmp_path / "made.snapshot"
    subprocess.run([binary, "compile", DATA / f"{name}.yaml", "-o", made, "--revision", "7"], check=True, capture_output=True)
    assert made.read_bytes() == (DATA / f"{name}.snapshot").read_bytes()
