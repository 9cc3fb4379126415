#!/bin/sh
# Compiles the SDK by mcs and the C library by cc, into build/, where something is newer than they are. What is there is replaced at
# once, because another program may run with it.
# Why: RATIONALE.md "Why is the .NET SDK written for mono's compiler?"
set -eu
cd "$(dirname "$0")"
mkdir -p build
new="$(mktemp -d build/new.XXXXXX)"
trap 'rm -rf "$new"' EXIT

# newer FILE SOURCE…: whether a source is newer than the file.
newer() {
	[ -e "$1" ] || return 0
	file="$1"
	shift
	[ -n "$(find "$@" -type f -newer "$file")" ]
}

if newer build/libgonfalon.so ../c/gonfalon.h ../c/src; then
	${CC:-cc} -O2 -fPIC -shared -fvisibility=hidden -I../c -o "$new/libgonfalon.so" ../c/src/gonfalon.c -lm
	mv "$new/libgonfalon.so" build/
fi
flags="-langversion:7.2 -warnaserror -warn:4 -r:System.Net.Http.dll -r:System.Numerics.dll"
if newer build/Gonfalon.dll build.sh src; then
	mcs $flags -target:library -out:"$new/Gonfalon.dll" src/*.cs src/Testing/*.cs
	mv "$new/Gonfalon.dll" build/
fi
if [ "${1:-}" = tests ] && newer build/Gonfalon.Tests.exe build.sh test build/Gonfalon.dll; then
	mcs $flags -debug -out:"$new/Gonfalon.Tests.exe" -r:build/Gonfalon.dll -r:Mono.Security.dll test/*.cs
	mv "$new"/Gonfalon.Tests.exe* build/
fi
