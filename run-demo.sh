#!/usr/bin/env bash
# From a bare machine to live results: installs what is missing, builds the
# program, and runs examples/demo.sql for ten seconds.
#
#   ./run-demo.sh
set -euo pipefail
cd "$(dirname "$0")"

say() { printf '\n== %s\n' "$*"; }

say "Packages"
./install-deps.sh
echo "all there"

say "Build (release; a first build takes some minutes, a second one seconds)"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# Runs a step of the build; shows its output only if it fails.
quietly() {
  "$@" >"$log" 2>&1 && return
  grep -E 'error|Error|FAILED' "$log" | head -20 || tail -20 "$log"
  echo "run-demo.sh: failed: $*" >&2
  exit 1
}
quietly cmake --preset release
started=$SECONDS
if [ -t 1 ]; then
  NINJA_STATUS='[%p, %es] ' cmake --build --preset release --target millrace
else
  quietly cmake --build --preset release --target millrace
fi
echo "build/release/millrace is up to date after $((SECONDS - started)) s"

say "Ten seconds of live auction events (examples/demo.sql; Ctrl-C ends it)"
build/release/millrace run examples/demo.sql || [ $? -eq 130 ]

say "Where to go next"
cat <<'END'
  examples/demo.sql                              the job that just ran
  build/release/millrace explain examples/demo.sql    how it is computed
  README.md                                      a tour of five minutes
  docs/sql.md                                    what SQL is understood
  docs/connectors/, docs/formats/                tables over files and streams
  ./run-tests.sh                                 all tests
END
