#!/bin/sh
# Runs all of the SDK's own tests. Needs Debian's elixir, erlang-dev, gcc, and Go, or GONFALON_BIN and GONFALON_CONTRACT: a built gonfalon
# and a built hostsdk/contract.
set -eu
cd "$(dirname "$0")"
exec mix test "$@"
