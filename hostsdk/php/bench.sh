#!/usr/bin/env bash
# Measures the SDK and prints one JSON object. GONFALON_CONTRACT is a built hostsdk/contract; without it, Go builds one.
set -euo pipefail
cd "$(dirname "$0")"
[ native/libgonfalon-php.so -nt ../c/src/wasm2c/engine.c ] || bin/gonfalon-build >&2
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
if [ -z "${GONFALON_CONTRACT:-}" ]; then
	GONFALON_CONTRACT=$made/contract
	(cd ../.. && go build -o "$GONFALON_CONTRACT" ./hostsdk/contract)
fi
"$GONFALON_CONTRACT" bench "$made" >&2
php -d ffi.enable=1 -d opcache.enable_cli=1 -d opcache.jit_buffer_size=0 bin/gonfalon-bench "$made"
