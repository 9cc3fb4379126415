#!/usr/bin/env bash
# Compares the Java SDK's decisions with what the reference implementations answered: conformance.sh FILE…, each file made by
# gonfalon conformance --emit-cases. Needs Debian's maven and a JDK from 11 on; Maven fetches the rest.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
exec java -cp "$("$here/jar.sh")" io.github.gonfalonflags.Conformance "$@"
