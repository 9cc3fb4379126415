#!/bin/sh
# Runs all tests of the .NET SDK under mono: test.sh [WORD], the tests whose name has it. It needs Go too, unless GONFALON_BIN names a
# gonfalon and GONFALON_CONTRACT a hostsdk/contract.
# Debian: mono-mcs mono-runtime libmono-system-core4.0-cil libmono-system-net-http4.0-cil libmono-system-numerics4.0-cil libmono-security4.0-cil gcc libc6-dev
set -eu
cd "$(dirname "$0")"
./build.sh tests
export GONFALON_TREE="$PWD/../.." LD_LIBRARY_PATH="$PWD/build"
if [ -z "${GONFALON_BIN:-}" ]; then
	(cd ../.. && go build -o hostsdk/dotnet/build/gonfalon ./cmd/gonfalon)
	export GONFALON_BIN="$PWD/build/gonfalon"
fi
if [ -z "${GONFALON_CONTRACT:-}" ]; then
	(cd ../.. && go build -o hostsdk/dotnet/build/contract ./hostsdk/contract)
	export GONFALON_CONTRACT="$PWD/build/contract"
fi
home="$(mktemp -d)" # where mono keeps the authorities that tests trust
trap 'rm -rf "$home"' EXIT
XDG_CONFIG_HOME="$home" mono --debug build/Gonfalon.Tests.exe "$@"
