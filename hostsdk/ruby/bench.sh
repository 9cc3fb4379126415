#!/bin/sh
# Prints the figures of the Ruby SDK as one JSON object. GONFALON_BENCH is a folder of `contract bench`; otherwise it is made.
set -eu
cd "$(dirname "$0")"
ruby ext/gonfalon/build.rb
if [ -z "${GONFALON_BENCH:-}" ]; then
	GONFALON_BENCH="$(mktemp -d)"
	trap 'rm -rf "$GONFALON_BENCH"' EXIT
	export GONFALON_BENCH
	if [ -n "${GONFALON_CONTRACT:-}" ]; then "$GONFALON_CONTRACT" bench "$GONFALON_BENCH"; else (cd ../.. && go run ./hostsdk/contract bench "$GONFALON_BENCH"); fi
fi
ruby -Ilib bench.rb
