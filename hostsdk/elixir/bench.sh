#!/bin/sh
# Prints one line of JSON with the SDK's figures. GONFALON_CONTRACT is a built hostsdk/contract; without it, Go builds one.
set -eu
cd "$(dirname "$0")"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
contract=${GONFALON_CONTRACT:-$folder/contract}
[ -x "$contract" ] || (cd ../.. && go build -o "$contract" ./hostsdk/contract)
"$contract" bench "$folder" >&2
MIX_ENV=prod mix compile >&2
MIX_ENV=prod mix run bench/bench.exs "$folder"
