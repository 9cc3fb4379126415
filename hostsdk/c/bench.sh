#!/usr/bin/env bash
# Prints the figures of the C library as one JSON object; every answer is checked.
set -euo pipefail
cd "$(dirname "$0")"
make -s all build/tests/bench >&2
if [ -z "${GONFALON_BIN:-}" ]; then
	GONFALON_BIN=$PWD/build/gonfalon
	(cd ../.. && go build -o hostsdk/c/build/gonfalon ./cmd/gonfalon)
fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
for n in 1000 10000; do
	build/tests/bench flags $n >"$dir/$n.json"
	"$GONFALON_BIN" compile "$dir/$n.json" -o "$dir/$n.snapshot" >/dev/null
done
strip -o "$dir/library" build/libgonfalon.so
build/tests/bench run "$dir/1000.snapshot" "$dir/10000.snapshot" "$dir/library"
