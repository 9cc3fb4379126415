#!/usr/bin/env bash
# Builds the Java SDK and runs all of its own tests. Maven fetches what it needs from Maven Central; Go builds the programs that the
# tests run, unless GONFALON_BIN and GONFALON_CONTRACT name them.
# Debian: maven openjdk-17-jdk-headless
set -euo pipefail
cd "$(dirname "$0")"
status=0
mvn -B -ntp verify || status=1
count() { cat ./*/target/surefire-reports/TEST-*.xml examples/*/target/surefire-reports/TEST-*.xml 2>/dev/null | grep -ohE "<testsuite [^>]*" | grep -oE " $1=\"[0-9]+\"" | tr -dc '0-9\n' | awk '{n += $1} END {print n + 0}'; }
failed=$(($(count failures) + $(count errors)))
[ "$status" -eq 0 ] || [ "$failed" -gt 0 ] || failed=1 # it didn't even build
echo "$(($(count tests) - $(count skipped) - $(count failures) - $(count errors))) passed, $failed failed"
exit "$status"
