#!/usr/bin/env bash
# Prints the figures of the Java SDK as one JSON object; every answer is checked.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
jar=$("$here/jar.sh")
built=$here/bench/target
mkdir -p "$built"
if [ -z "${GONFALON_CONTRACT:-}" ]; then
  GONFALON_CONTRACT=$built/contract
  (cd "$here/../.." && go build -o "$GONFALON_CONTRACT" ./hostsdk/contract)
fi
javac --release 11 -cp "$jar" -d "$built" "$here/bench/Bench.java"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
"$GONFALON_CONTRACT" bench "$dir"
java -XX:+UseSerialGC -cp "$built:$jar" Bench run "$dir/1000.snapshot" "$dir/10000.snapshot" "$jar"
