"""Builds the extension gonfalon._engine, the engine in C.

    python build_engine.py [FOLDER]

It is put into FOLDER, or beside the package's sources, where an editable installation finds it. Nothing is done if it is newer
than what it is made of. The exit status is 1 if it can't be built, such as where no compiler is; the package then decides by
wasmtime.
"""

from __future__ import annotations

import shutil
import sys
import sysconfig
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent
CARRIED = ROOT / "native/c"  # in an unpacked sdist
LIBRARY = CARRIED if CARRIED.is_dir() else ROOT.parent / "c"
SOURCES = ("gonfalon.h", "src/gonfalon.c", *(f"src/wasm2c/{name}" for name in ("engine.c", "engine.h", "module.sha256")))
RUNTIME = tuple(f"src/wasm2c/{name}" for name in ("wasm-rt.h", "wasm-rt-impl.h", "wasm-rt-impl.c", "LICENSE"))


def library_files() -> dict[Path, str]:
    """The C library's files, and where an sdist has them."""
    return {LIBRARY / name: f"native/c/{name}" for name in SOURCES + RUNTIME}


def build(folder: Path) -> Path:
    """Returns the extension's file, built if it is older than its sources."""
    from setuptools import Distribution, Extension
    from setuptools.command.build_ext import build_ext

    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        raise RuntimeError("a Python without the interpreter's lock can't use the stable ABI")
    made_of = [ROOT / "native/engine.c", LIBRARY / "src/gonfalon.c"]
    digest = (LIBRARY / "src/wasm2c/module.sha256").read_text().strip()
    extension = Extension(
        "gonfalon._engine",
        [str(source) for source in made_of],
        include_dirs=[str(LIBRARY)],
        define_macros=[("GONFALON_MODULE_SHA256", f'"{digest}"')],
        libraries=[] if sys.platform == "win32" else ["m"],
        extra_compile_args=[] if sys.platform == "win32" else ["-O2", "-g0"],
        py_limited_api=True,
    )
    command = build_ext(Distribution({"name": "gonfalon", "ext_modules": [extension]}))
    command.ensure_finalized()
    file = folder / Path(command.get_ext_filename("gonfalon._engine")).name
    newest = max(path.stat().st_mtime for path in (Path(__file__), made_of[0], *library_files()))
    if file.exists() and file.stat().st_mtime >= newest:
        return file
    file.unlink(missing_ok=True)  # one that can't be built anew must not decide as an older engine did
    with tempfile.TemporaryDirectory() as temporary:
        command.build_lib = command.build_temp = temporary
        command.run()
        shutil.move(next(Path(temporary).rglob(file.name)), file)
    return file


def main() -> int:
    try:
        file = build(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "src/gonfalon")
    except Exception as error:  # noqa: BLE001 -- setuptools raises what it likes, or exits
        print(f"the engine in C can't be built, so wasmtime decides: {type(error).__name__}: {error}", file=sys.stderr)
        return 1
    print(file)
    return 0


if __name__ == "__main__":
    sys.exit(main())
