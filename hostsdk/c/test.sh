#!/usr/bin/env bash
# Builds the C library and runs all of its tests. The last line is `N passed, N failed`.
#
# Debian: gcc g++ make cmake pkg-config wabt
#
# The last three are for the tests of how it is used, and of its translation (wabt 1.0.32). What isn't here is said, and not run.
set -euo pipefail
cd "$(dirname "$0")"
make -s all tests
. ./fixtures.sh
passed=0 failed=0

# counts COMMAND…: runs a program whose last line is `N passed, N failed`.
counts() {
	local said
	said=$("$@") || true
	[[ $said =~ ([0-9]+)\ passed,\ ([0-9]+)\ failed[^\n]*$ ]] || { echo "$1 ended early: $said" >&2; failed=$((failed + 1)); return; }
	passed=$((passed + BASH_REMATCH[1])) failed=$((failed + BASH_REMATCH[2]))
	printf '%-12s %s\n' "$(basename "$1")" "${said##*$'\n'}"
}

# holds NAME COMMAND…: runs a command that has to succeed.
holds() {
	local name=$1 log
	shift
	if log=$("$@" 2>&1); then
		passed=$((passed + 1))
		echo "$name: ok"
	else
		failed=$((failed + 1))
		printf '%s: failed\n%s\n' "$name" "$log" >&2
	fi
}

lacks() { ! command -v "$1" >/dev/null && echo "not run: $2: there is no $1"; }

translated() {
	lacks wasm2c "the module, translated anew" || holds "the module, translated anew" ./translate.sh --check
}

# The one line by which other languages build the library, without any define.
one_line() { cc -O0 -fPIC -shared -I. src/*.c -o build/one-line.so -lm && nm -D --defined-only build/one-line.so | grep -q ' T gonfalon_decide$'; }

# Only what gonfalon.h names is exported, and nothing but the C library is needed.
exports() {
	local exported declared
	exported=$(nm -D --defined-only build/libgonfalon.so | awk '{ print $3 }' | sort)
	declared=$(grep -o '^GONFALON_API.*(' gonfalon.h | grep -o 'gonfalon_[a-z_]*(' | tr -d '(' | sort)
	[ "$exported" = "$declared" ] || { diff <(echo "$declared") <(echo "$exported"); return 1; }
	! nm -D --undefined-only build/libgonfalon.so | grep -E ' (signal|sigaction|abort|exit|printf|pthread_)'
}

# What there is of the features of an SDK (hostsdk/README.md), if its tests have passed.
features() {
	local yes=yes
	[ "$failed" -eq 0 ] || yes=no
	[ "$yes" = no ] || yes='`decide`, `batch`, `explain`'
	cat <<-END
		{
		  "engine": "wasm2c",
		  "enabled, variant, typed payload, decide, decide all, explain": "$yes",
		  "prepared context, reused without building it again": "a request's bytes",
		  "stream with resume and deltas; polling with ETag": "\`splice\`",
		  "file, bootstrap, last good on disk": "–",
		  "in process with the control plane": "–",
		  "states, events, age": "–",
		  "usage batches": "–",
		  "test helper with overrides, no network": "–",
		  "OpenFeature provider": "–",
		  "conformance vectors, shared cases and recorded streams (\`testdata/\`)": "vectors",
		  "wait for a revision; events of schedules": "–",
		  "an actor's score for any flag": "–",
		  "an admin client, which reads and writes flags": "–"
		}
	END
}

says() { [ "$("$@")" = 'hero is on, variant blue {"hex":"#00f"}' ]; }

installed() {
	local root=$PWD/build/root
	rm -rf "$root"
	make -s install PREFIX="$root" &&
		export PKG_CONFIG_PATH=$root/lib/pkgconfig &&
		cc -Iexamples examples/decide.c $(pkg-config --cflags --libs gonfalon) -Wl,-rpath,"$root/lib" -o build/decide &&
		says build/decide $fixtures/example.snapshot hero user:3 &&
		cc -Iexamples examples/decide.c $(pkg-config --cflags gonfalon) "$root/lib/libgonfalon.a" -lm -o build/decide-static &&
		says build/decide-static $fixtures/example.snapshot hero user:3 &&
		c++ -std=c++17 examples/decide.cpp $(pkg-config --cflags --libs gonfalon) -Wl,-rpath,"$root/lib" -o build/decide-cpp &&
		says build/decide-cpp $fixtures/example.snapshot hero user:3
}

# A project of its own that finds the installed library, and one that has it as a folder.
by_cmake() {
	local dir=build/cmake shared
	rm -rf $dir
	mkdir -p $dir/project
	cp examples/decide.cpp $dir/project
	for shared in ON OFF; do
		cmake -S . -B $dir/library-$shared -DBUILD_SHARED_LIBS=$shared -DCMAKE_INSTALL_PREFIX="$PWD/$dir/root-$shared" &&
			cmake --build $dir/library-$shared && cmake --install $dir/library-$shared || return 1
		cat >$dir/project/CMakeLists.txt <<-'END'
			cmake_minimum_required(VERSION 3.16)
			project(Shop CXX)
			find_package(Gonfalon REQUIRED)
			add_executable(shop decide.cpp)
			target_compile_features(shop PRIVATE cxx_std_17)
			target_link_libraries(shop Gonfalon::gonfalon)
		END
		cmake -S $dir/project -B $dir/shop-$shared -DCMAKE_PREFIX_PATH="$PWD/$dir/root-$shared" && cmake --build $dir/shop-$shared &&
			says $dir/shop-$shared/shop $fixtures/example.snapshot hero user:3 || return 1
	done
	sed -i -e 's/find_package.*/enable_language(C)\nadd_subdirectory(${GONFALON} gonfalon)/' $dir/project/CMakeLists.txt
	cmake -S $dir/project -B $dir/folder -DGONFALON="$PWD" && cmake --build $dir/folder && says $dir/folder/shop $fixtures/example.snapshot hero user:3
}

counts build/tests/library $fixtures/{example,chain,many}.snapshot
counts build/tests/memory $fixtures/example.snapshot
counts build/tests/threads $fixtures/{chain,many}.snapshot
holds "hostile bytes, seed ${SEED:=$RANDOM}" build/tests/hostile "$SEED" $fixtures/cases.jsonl $fixtures/example.snapshot
counts build/tests/wrapper $fixtures/{example,many}.snapshot
holds "conformance" ./conformance.sh $fixtures/cases.jsonl
holds "built by one line" one_line
holds "exports" exports
lacks pkg-config "installed" || holds "installed" installed
lacks cmake "by CMake" || holds "by CMake" by_cmake
translated
features >build/features.json
holds "features.json says what passed (cp hostsdk/c/build/features.json hostsdk/c)" diff features.json build/features.json
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
