#!/bin/sh
# Runs files of `gonfalon conformance --emit-cases FILE`. Needs Debian's elixir, erlang-dev and gcc.
set -eu
mkdir -p "${TMPDIR:-/tmp}"
files=$(for file in "$@"; do realpath "$file"; done)
cd "$(dirname "$0")"
MIX_ENV=prod mix compile >&2
IFS='
'
exec env MIX_ENV=prod mix gonfalon.conformance $files
