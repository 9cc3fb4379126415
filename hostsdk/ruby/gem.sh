#!/bin/sh
# Builds the gem into pkg/, with the C library's sources in it.
set -eu
cd "$(dirname "$0")"
rm -rf ext/gonfalon/c && mkdir -p ext/gonfalon/c pkg
trap 'rm -rf ext/gonfalon/c LICENSE' EXIT
cp ../c/gonfalon.h ext/gonfalon/c/
cp -R ../c/src ext/gonfalon/c/
cp ../../LICENSE LICENSE
gem build --strict gonfalon.gemspec -o pkg/gonfalon.gem
