#!/usr/bin/env bash
# Watches the C that PHP's SDK adds to the library with the address and undefined-behaviour sanitizers. It needs gcc, and
# GONFALON_CONTRACT or Go.
set -euo pipefail
cd "$(dirname "$0")"
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
if [ -z "${GONFALON_CONTRACT:-}" ]; then
	GONFALON_CONTRACT=$made/contract
	(cd ../.. && go build -o "$GONFALON_CONTRACT" ./hostsdk/contract)
fi
"$GONFALON_CONTRACT" bench "$made"
gcc -O1 -g -Wall -fsanitize=address,undefined -fno-sanitize-recover=undefined -I../c -Inative -o "$made/shared" \
	tests/app/shared.c native/shared.c ../c/src/gonfalon.c -lm -lpthread
for seed in 1 2 3; do
	mkdir "$made/$seed"
	"$made/shared" "$made/$seed" "$made/1000.snapshot" $seed
done
