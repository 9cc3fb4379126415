#!/bin/sh
# Compares the engine's decisions with what the reference implementations answered, in files that
# `gonfalon conformance --emit-cases` wrote: conformance.sh FILE…
# With GONFALON_RUST_ENGINE=wasmi the engine is interpreted by wasmi; otherwise it is C.
set -eu
folder=$(dirname "$0")
# Paths are those of the caller, so that the folder isn't changed.
case ${GONFALON_RUST_ENGINE:-c} in
wasmi) exec cargo run --quiet --manifest-path "$folder/Cargo.toml" --no-default-features --features engine-wasmi --example conformance -- "$@" ;;
*) exec cargo run --quiet --manifest-path "$folder/Cargo.toml" --example conformance -- "$@" ;;
esac
