#!/usr/bin/env bash
# Compares decisions with the references' answers: conformance.sh FILE…, files of `gonfalon conformance --emit-cases`.
set -euo pipefail
make -s -C "$(dirname "$0")" build/tests/conformance >&2
exec "$(dirname "$0")/build/tests/conformance" "$@"
