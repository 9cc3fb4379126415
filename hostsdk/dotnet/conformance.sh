#!/bin/sh
# Runs files of `gonfalon conformance --emit-cases`; the last line has the totals.
set -eu
here="$(cd "$(dirname "$0")" && pwd)"
"$here/build.sh" tests
export LD_LIBRARY_PATH="$here/build"
exec mono "$here/build/Gonfalon.Tests.exe" conformance "$@"
