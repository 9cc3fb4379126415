#!/bin/sh
# Compiles the SDK by mcs and the C library by cc, into build/.
set -eu
cd "$(dirname "$0")"
mkdir -p build
if [ ! build/libgonfalon.so -nt ../c/src/gonfalon.c ]; then
	${CC:-cc} -O2 -fPIC -shared -fvisibility=hidden -I../c -o build/libgonfalon.so ../c/src/gonfalon.c -lm
fi
mcs -langversion:7.2 -warnaserror -warn:4 -target:library -out:build/Gonfalon.dll -r:System.Net.Http.dll -r:System.Numerics.dll src/*.cs src/Testing/*.cs
