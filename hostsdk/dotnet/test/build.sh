#!/bin/sh
# Compiles the tests, after the SDK.
set -eu
cd "$(dirname "$0")/.."
./build.sh
mcs -langversion:7.2 -warnaserror -warn:4 -out:build/Gonfalon.Tests.exe -r:build/Gonfalon.dll -r:System.Net.Http.dll -r:System.Numerics.dll -r:Mono.Security.dll test/*.cs
