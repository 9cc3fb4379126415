#!/usr/bin/env bash
# Builds the library and runs all tests. The last line is `N passed, N failed`. GONFALON_BIN is a built gonfalon and GONFALON_CONTRACT a
# built hostsdk/contract; without them, Go builds them.
#
# Debian: php-cli php-fpm php-curl php-xml php-psr-log php-psr-http-client php-psr-http-factory phpunit composer libfcgi-bin gcc
set -euo pipefail
cd "$(dirname "$0")"
[ native/libgonfalon-php.so -nt ../c/src/wasm2c/engine.c ] && [ native/libgonfalon-php.so -nt native/shared.c ] &&
	[ native/libgonfalon-php.so -nt ../c/src/gonfalon.c ] && [ native/libgonfalon-php.h -nt native/declarations.h ] || bin/gonfalon-build
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
if [ -z "${GONFALON_BIN:-}" ]; then
	export GONFALON_BIN=$made/gonfalon
	(cd ../.. && go build -o "$GONFALON_BIN" ./cmd/gonfalon)
fi
if [ -z "${GONFALON_CONTRACT:-}" ]; then
	export GONFALON_CONTRACT=$made/contract
	(cd ../.. && go build -o "$GONFALON_CONTRACT" ./hostsdk/contract)
fi
status=0
timeout -k 10 600 phpunit --log-junit "$made/junit.xml" "$@" || status=$?
php tests/count.php "$made/junit.xml" "$status"
