#!/bin/sh
# Decides the pairs of a file: differential.sh PAIRS DECISIONS
set -eu
here="$(cd "$(dirname "$0")" && pwd)"
ruby "$here/ext/gonfalon/build.rb"
exec ruby -I"$here/lib" -rgonfalon/differential -e 'exit Gonfalon::Differential.main(*ARGV)' "$@"
