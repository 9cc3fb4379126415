#!/bin/sh
# Prints the figures of the .NET SDK under mono as one JSON object. GONFALON_BENCH is a folder of `contract bench`; otherwise it is made.
set -eu
cd "$(dirname "$0")"
./build.sh tests
if [ -z "${GONFALON_BENCH:-}" ]; then
	GONFALON_BENCH="$(mktemp -d)"
	trap 'rm -rf "$GONFALON_BENCH"' EXIT
	export GONFALON_BENCH
	if [ -n "${GONFALON_CONTRACT:-}" ]; then "$GONFALON_CONTRACT" bench "$GONFALON_BENCH"; else (cd ../.. && go run ./hostsdk/contract bench "$GONFALON_BENCH"); fi
fi
LD_LIBRARY_PATH="$PWD/build" mono build/Gonfalon.Tests.exe bench
