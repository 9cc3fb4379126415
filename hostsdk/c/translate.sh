#!/usr/bin/env bash
# Translates wasm/engine.wasm to C: writes src/wasm2c/engine.c and engine.h, and copies wabt's runtime beside them.
# With --check it writes nothing, and fails if what is checked in differs by a byte.
#
# The bytes are those of wabt 1.0.32, which Debian 12 has (apt-get install wabt). `make wasm` calls this after it wrote the module.
set -euo pipefail
cd "$(dirname "$0")"
version=1.0.32
module=../../wasm/engine.wasm
runtime=${WABT_RUNTIME:-/usr/src/wasm2c}

if ! command -v wasm2c >/dev/null || [ "$(wasm2c --version)" != "$version" ] || [ ! -d "$runtime" ]; then
	echo "wasm2c $version isn't here: apt-get install wabt (Debian 12), then hostsdk/c/translate.sh" >&2
	exit 3
fi
new=$(mktemp -d)
trap 'rm -rf "$new"' EXIT
wasm2c --module-name gonfalon "$module" -o "$new/engine.c"
sha256sum <"$module" | cut -d ' ' -f 1 >"$new/module.sha256" # of what it was made from, for where wasm2c isn't
cp "$runtime"/wasm-rt.h "$runtime"/wasm-rt-impl.h "$runtime"/wasm-rt-impl.c "$new"

# src/gonfalon.c registers no types of functions, so that the library needs no initialisation.
if grep -v '^#define' "$new/engine.c" | grep -q 'CALL_INDIRECT('; then
	echo "the module has indirect calls: src/gonfalon.c has to call Z_gonfalon_init_module once" >&2
	exit 1
fi
for file in engine.c engine.h module.sha256 wasm-rt.h wasm-rt-impl.h wasm-rt-impl.c; do
	cmp -s "$new/$file" "src/wasm2c/$file" && continue
	if [ "${1:-}" = --check ]; then
		echo "hostsdk/c/src/wasm2c/$file isn't made from wasm/engine.wasm: run hostsdk/c/translate.sh and commit what it writes" >&2
		exit 1
	fi
	cp "$new/$file" "src/wasm2c/$file"
	echo "wrote hostsdk/c/src/wasm2c/$file"
done
