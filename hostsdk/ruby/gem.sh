#!/bin/sh
# Builds the gem, with the C library's sources in it: gem.sh [FILE], otherwise pkg/gonfalon.gem.
set -eu
cd "$(dirname "$0")"
gem="${1:-$PWD/pkg/gonfalon.gem}"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
mkdir -p "$(dirname "$gem")" "$work/ext/gonfalon/c"
cp -R lib README.md gonfalon.gemspec ../../LICENSE "$work"
cp ext/gonfalon/extconf.rb "$work/ext/gonfalon"
cp -R ../c/gonfalon.h ../c/src "$work/ext/gonfalon/c"
rm -f "$work"/lib/gonfalon/libgonfalon.*
cd "$work"
gem build --strict gonfalon.gemspec -o "$gem"
