#!/usr/bin/env bash
# Runs the tests and all cases under the address and undefined-behaviour sanitizers, and four threads under the thread sanitizer.
# With FILE… also those files of cases. The last line is `N passed, N failed`.
#
# Debian: gcc g++ make
set -euo pipefail
files=()
for file in "$@"; do files+=("$(realpath "$file")"); done
cd "$(dirname "$0")"
mkdir -p build
. ./fixtures.sh
files+=($fixtures/cases.jsonl)
export ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 TSAN_OPTIONS=halt_on_error=1
passed=0 failed=0

holds() {
	if "${@:2}" >build/sanitize.log 2>&1; then
		passed=$((passed + 1))
		printf '%s: %s\n' "$1" "$(tail -n 1 build/sanitize.log)"
	else
		failed=$((failed + 1))
		printf '%s: failed\n%s\n' "$1" "$(head -n 30 build/sanitize.log)"
	fi
}

build() { # DIR FLAGS: builds the tests with these flags into a folder of their own
	local dir=build/$1 flags="-std=c11 -D_DEFAULT_SOURCE -g -O1 -fno-omit-frame-pointer -pthread $2" name
	mkdir -p "$dir"
	cc $flags -c src/gonfalon.c -o "$dir/gonfalon.o"
	cc $flags tests/memory.c -lm -o "$dir/memory"
	for name in library threads; do cc $flags tests/$name.c "$dir/gonfalon.o" -lm -o "$dir/$name"; done
	for name in hostile conformance; do cc $flags tests/$name.c tests/cases.c "$dir/gonfalon.o" -lm -o "$dir/$name"; done
	c++ ${flags/-std=c11/-std=c++17} tests/wrapper.cpp "$dir/gonfalon.o" -lm -o "$dir/wrapper"
}

build asan "-fsanitize=address,undefined -fno-sanitize-recover=all"
holds "address: library" build/asan/library $fixtures/{example,chain,many}.snapshot
holds "address: memory" build/asan/memory $fixtures/example.snapshot
holds "address: threads" build/asan/threads $fixtures/{chain,many}.snapshot
for seed in 1 2 3 "$RANDOM"; do holds "address: hostile, seed $seed" build/asan/hostile "$seed" $fixtures/cases.jsonl $fixtures/example.snapshot; done
holds "address: wrapper" build/asan/wrapper $fixtures/{example,many}.snapshot
holds "address: all cases" build/asan/conformance "${files[@]}"

build tsan "-fsanitize=thread"
holds "threads: memory" build/tsan/memory $fixtures/example.snapshot
holds "threads: threads" build/tsan/threads $fixtures/{chain,many}.snapshot
holds "threads: all cases by four threads" build/tsan/conformance --threads 4 "${files[@]}"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
