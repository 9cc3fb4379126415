#!/bin/sh
# Compares the engine's decisions with what the reference implementations answered, in files that
# `gonfalon conformance --emit-cases` wrote: conformance.sh FILE…
set -eu
folder=$(dirname "$0")
. "$folder/engine.sh"
exec cargo run --quiet --locked --manifest-path "$folder/Cargo.toml" $engine --example conformance -- "$@"
