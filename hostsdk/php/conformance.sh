#!/usr/bin/env bash
# Runs files of `gonfalon conformance --emit-cases`; the last line has the totals. It needs Debian's php-cli and gcc.
set -euo pipefail
cd "$(dirname "$0")"
[ native/libgonfalon-php.so -nt ../c/src/wasm2c/engine.c ] || bin/gonfalon-build >&2
files=()
for file; do files+=("$(cd "$OLDPWD" && realpath "$file")"); done
exec php -d ffi.enable=1 bin/gonfalon-conformance "${files[@]}"
