#!/bin/sh
# Runs all tests of the Elixir SDK. It needs Go too, unless GONFALON_BIN names a built gonfalon and GONFALON_CONTRACT a hostsdk/contract.
# Debian: elixir erlang-dev gcc libc6-dev
set -eu
cd "$(dirname "$0")"
mix format --check-formatted
exec mix test "$@"
