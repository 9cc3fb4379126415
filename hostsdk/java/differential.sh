#!/usr/bin/env bash
# Decides pairs of snapshot and request for comparison with other hosts: differential.sh PAIRS DECISIONS, or standard input and output.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
exec java -cp "$("$here/jar.sh")" io.github.gonfalonflags.Differential "$@"
