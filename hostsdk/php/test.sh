#!/usr/bin/env bash
# Builds the library and runs all tests. It needs Debian's php-cli, php-fpm, php-curl, php-mbstring, php-xml, phpunit, composer,
# libfcgi-bin, openssl and gcc. GONFALON_BIN is a built gonfalon and GONFALON_CONTRACT a built hostsdk/contract; without them, Go builds
# them.
set -euo pipefail
cd "$(dirname "$0")"
bin/gonfalon-build
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
if [ -z "${GONFALON_BIN:-}" ]; then
	export GONFALON_BIN=$made/gonfalon
	(cd ../.. && go build -o "$GONFALON_BIN" ./cmd/gonfalon)
fi
if [ -z "${GONFALON_CONTRACT:-}" ] && [ -d ../contract ]; then
	export GONFALON_CONTRACT=$made/contract
	(cd ../.. && go build -o "$GONFALON_CONTRACT" ./hostsdk/contract)
fi
exec timeout 300 phpunit "$@"
