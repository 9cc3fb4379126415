#!/usr/bin/env bash
# Decides pairs of snapshots and requests: differential.sh [PAIRS [DECISIONS]], or standard input and output.
set -euo pipefail
cd "$(dirname "$0")"
[ native/libgonfalon-php.so -nt ../c/src/wasm2c/engine.c ] || bin/gonfalon-build >&2
exec php -d ffi.enable=1 -d memory_limit=1G bin/gonfalon-differential "$@"
