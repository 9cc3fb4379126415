#!/bin/sh
# Runs files of `gonfalon conformance --emit-cases`; the last line has the totals.
set -eu
here="$(cd "$(dirname "$0")" && pwd)"
[ -e "$here"/lib/gonfalon/libgonfalon.* ] 2>/dev/null || ruby "$here/ext/gonfalon/build.rb"
exec ruby -I"$here/lib" -rgonfalon/conformance -e 'exit Gonfalon::Conformance.main(ARGV)' "$@"
