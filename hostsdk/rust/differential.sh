#!/bin/sh
# Decides pairs of snapshot and request, to be compared with another host byte by byte: differential.sh PAIRS DECISIONS
# With GONFALON_RUST_ENGINE=wasmi the engine is interpreted by wasmi; otherwise it is C.
set -eu
folder=$(dirname "$0")
# Paths are those of the caller, so that the folder isn't changed.
case ${GONFALON_RUST_ENGINE:-c} in
wasmi) exec cargo run --quiet --manifest-path "$folder/Cargo.toml" --no-default-features --features engine-wasmi --example differential -- "$@" ;;
*) exec cargo run --quiet --manifest-path "$folder/Cargo.toml" --example differential -- "$@" ;;
esac
