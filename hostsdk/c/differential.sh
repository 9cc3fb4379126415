#!/usr/bin/env bash
# Decides pairs for comparison with another host: differential.sh PAIRS DECISIONS; `-`, or none, is standard input or output.
set -euo pipefail
make -s -C "$(dirname "$0")" build/tests/differential >&2
exec "$(dirname "$0")/build/tests/differential" "${1:--}" "${2:--}"
