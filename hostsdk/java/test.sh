#!/usr/bin/env bash
# Builds the Java SDK, runs all of its own tests, installs it, and uses it in an empty project. Maven fetches what it needs from Maven
# Central; Go builds the programs that the tests run, unless GONFALON_BIN and GONFALON_CONTRACT name them.
# Debian: maven openjdk-17-jdk-headless
set -euo pipefail
cd "$(dirname "$0")"
rm -rf ./*/target/surefire-reports examples/*/target/surefire-reports

status=0
mvn -B -ntp install || status=1
empty=$(mktemp -d)
trap 'rm -rf "$empty"' EXIT
cp -r installed "$empty/shop"
[ "$status" -ne 0 ] || mvn -B -ntp -f "$empty/shop" test || status=1

reports=(./*/target/surefire-reports examples/*/target/surefire-reports "$empty"/shop/target/surefire-reports)
count() { # count NAME: the sum of an attribute of all test suites
  find "${reports[@]}" -name 'TEST-*.xml' -exec grep -ohE '<testsuite [^>]*' {} + 2>/dev/null |
    grep -oE " $1=\"[0-9]+\"" | tr -dc '0-9\n' | awk '{n += $1} END {print n + 0}'
}
failed=$(($(count failures) + $(count errors)))
passed=$(($(count tests) - $(count skipped) - failed))
[ "$status" -eq 0 ] || [ "$failed" -gt 0 ] || failed=1 # it didn't even build
echo "$passed passed, $failed failed"
exit "$status"
