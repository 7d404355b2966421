#!/usr/bin/env bash
# Run a program over a new host.
#
# usage: run_example.sh PROGRAM
set -euo pipefail

root=$(mktemp -d "${TMPDIR:-/tmp}/hvemu-example.XXXXXX")
trap 'rm -rf "$root"' EXIT
HVEMU_ROOT=$root "${1:?usage: run_example.sh PROGRAM}"
