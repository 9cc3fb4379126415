#!/usr/bin/env bash
# Builds the Java SDK and runs all of its own tests. Needs Debian's maven and a JDK from 11 on (and Go, unless GONFALON_BIN and
# GONFALON_CONTRACT name the programs); Maven fetches the rest from Maven Central.
set -euo pipefail
cd "$(dirname "$0")"
mvn -B -ntp verify
