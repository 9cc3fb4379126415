#!/bin/sh
# Decides the pairs of a file: differential.sh PAIRS DECISIONS
set -eu
here="$(cd "$(dirname "$0")" && pwd)"
"$here/build.sh" tests
export LD_LIBRARY_PATH="$here/build"
exec mono "$here/build/Gonfalon.Tests.exe" differential "$@"
