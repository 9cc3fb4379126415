#!/bin/sh
# Decides pairs of snapshot and request, to be compared with another host byte by byte: differential.sh PAIRS DECISIONS
set -eu
folder=$(dirname "$0")
. "$folder/engine.sh"
exec cargo run --quiet --locked --manifest-path "$folder/Cargo.toml" $engine --example differential -- "$@"
