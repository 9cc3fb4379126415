#!/usr/bin/env bash
# Writes the package as it is released, with the engine's C sources in it: package.sh FOLDER
set -euo pipefail
cd "$(dirname "$0")"
mkdir -p "$1/native/c"
cp -r composer.json README.md LICENSE autoload.php preload.php src bin examples "$1"
cp native/declarations.h native/shared.h native/shared.c "$1/native"
cp -r ../c/gonfalon.h ../c/src "$1/native/c"
