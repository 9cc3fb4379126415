#!/bin/sh
# Decides the (snapshot, request) pairs of a file: differential.sh PAIRS DECISIONS.
set -eu
pairs=$(realpath "$1")
decisions=$(realpath "$2" 2>/dev/null || echo "$(realpath "$(dirname "$2")")/$(basename "$2")")
cd "$(dirname "$0")"
MIX_ENV=prod mix compile >&2
exec env MIX_ENV=prod mix gonfalon.differential "$pairs" "$decisions"
