#!/bin/sh
# Prints the SDK's figures as one JSON object; every answer is checked.
set -eu
cd "$(dirname "$0")"
. ./engine.sh
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
contract=${GONFALON_CONTRACT:-}
if [ -z "$contract" ]; then
	contract=$folder/contract
	(cd ../.. && go build -o "$contract" ./hostsdk/contract)
fi
"$contract" bench "$folder" >&2
cargo package --quiet --locked --allow-dirty --no-verify --target-dir "$folder/package" >&2
cargo run --quiet --locked --release $engine --example bench -- "$folder/1000.snapshot" "$folder/10000.snapshot" \
	"$(ls "$folder"/package/package/*.crate)"
