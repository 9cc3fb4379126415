#!/bin/sh
# Builds the crate and runs all of its tests. It needs cargo, a C compiler, and crates of crates.io. The tests against servers use
# $GONFALON_BIN and $GONFALON_CONTRACT; without them they build both with Go.
# Debian: gcc libc6-dev
set -u
cd "$(dirname "$0")" || exit 1
. ./engine.sh
output=$(mktemp)
trap 'rm -f "$output"' EXIT

status=0
{
	cargo fmt --check && cargo clippy --quiet --locked --all-targets $engine --features openfeature,uuid -- -D warnings &&
		cargo test --quiet --locked $engine --features openfeature,uuid && ./package.sh
} >"$output" 2>&1 || status=1
cat "$output"
awk -v status=$status '
	/^test result:/ { passed += $4; failed += $6 }
	END { if (status && !failed) failed = 1; printf "%d passed, %d failed\n", passed, failed }' "$output"
exit $status
