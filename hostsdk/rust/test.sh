#!/bin/sh
# Builds the crate and runs all of its tests, with the engine as C and, shortly, interpreted by wasmi. It needs cargo, a C compiler
# (Debian: gcc libc6-dev), and crates of crates.io. The tests against servers use $GONFALON_BIN and $GONFALON_CONTRACT; without them
# they build both with Go. The last line has the totals.
set -u
cd "$(dirname "$0")" || exit 1
output=$(mktemp)
trap 'rm -f "$output"' EXIT
status=0

run() {
	cargo test --quiet --locked "$@" >"$output.run" 2>&1 || status=1
	cat "$output.run"
	cat "$output.run" >>"$output"
	rm -f "$output.run"
}

run --features openfeature,uuid
run --no-default-features --features engine-wasmi --test suite -- values recorded testing client::any_number
if [ "${1:-}" = full ]; then
	# What is written well: make hosts.
	cargo fmt --check && cargo clippy --quiet --locked --all-targets --features openfeature,uuid -- -D warnings &&
		cargo clippy --quiet --locked --no-default-features --features engine-wasmi -- -D warnings || status=1
fi
awk '/^test result:/ { passed += $4; failed += $6 } END { printf "%d passed, %d failed\n", passed, failed }' "$output"
exit $status
