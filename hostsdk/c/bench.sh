#!/usr/bin/env bash
# Prints the figures of the C library as one JSON object; every answer is checked.
set -euo pipefail
cd "$(dirname "$0")"
make -s all build/tests/bench >&2
if [ -z "${GONFALON_CONTRACT:-}" ]; then
	GONFALON_CONTRACT=$PWD/build/contract
	(cd ../.. && go build -o hostsdk/c/build/contract ./hostsdk/contract)
fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
"$GONFALON_CONTRACT" bench "$dir"
strip -o "$dir/library" build/libgonfalon.so
build/tests/bench run "$dir/1000.snapshot" "$dir/10000.snapshot" "$dir/library"
