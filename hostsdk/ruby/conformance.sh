#!/bin/sh
# Runs files of `gonfalon conformance --emit-cases`; the last line has the totals.
set -eu
here="$(cd "$(dirname "$0")" && pwd)"
ruby "$here/ext/gonfalon/build.rb"
exec ruby -I"$here/lib" -rgonfalon/conformance -e 'exit Gonfalon::Conformance.main(ARGV)' "$@"
