#!/usr/bin/env bash
# Prints the path of the SDK's jar, and builds it first if a source is newer.
set -euo pipefail
cd "$(dirname "$0")"
jar=$PWD/sdk/target/gonfalon-$(sed -n 's|^  <version>\(.*\)</version>$|\1|p' pom.xml).jar
if [ ! -f "$jar" ] || [ -n "$(find pom.xml sdk/pom.xml sdk/src/main ../../wasm/engine.wasm -newer "$jar" -print -quit)" ]; then
  mvn -B -q -pl sdk -Dmaven.test.skip=true package >&2
fi
echo "$jar"
