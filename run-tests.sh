#!/usr/bin/env bash
# Installs what is missing, builds, and runs the tests; ends with one line
# "N passed, N failed".
#
#   ./run-tests.sh            release: every test; sanitizers: the unit tests
#   ./run-tests.sh --quick    release only
#   ./run-tests.sh --full     also ThreadSanitizer and the tests that start
#                             real systems (a Kafka broker)
set -uo pipefail
cd "$(dirname "$0")"

mode=${1:-}
case "$mode" in
  ''|--quick|--full) ;;
  *) sed -n '2,9p' "$0"; exit 2 ;;
esac

./install-deps.sh || exit 1

passed=0
failed=0
jobs=$(nproc)
# Another checkout of the same sources finds what this one compiled.
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1

# Builds preset $1 (targets $2...; none = all) and counts what does not build
# as one failed test.
build() {
  local preset=$1
  shift
  cmake --preset "$preset" >"build-$preset.log" 2>&1 &&
    cmake --build --preset "$preset" -j "$jobs" ${1:+--target "$@"} \
      >>"build-$preset.log" 2>&1
  local status=$?
  if [ $status -ne 0 ]; then
    echo "preset $preset does not build:"
    grep -E 'error|FAILED|Error' "build-$preset.log" | head -40
    failed=$((failed + 1))
  fi
  rm -f "build-$preset.log"
  return $status
}

# Runs the tests of preset $1 (further arguments go to ctest) and adds them up.
run() {
  local preset=$1
  shift
  local log
  log=$(mktemp)
  ctest --preset "$preset" --timeout 900 "$@" 2>&1 | tee "$log"
  local total bad
  total=$(grep -oE 'tests failed out of [0-9]+' "$log" | grep -oE '[0-9]+$')
  bad=$(grep -oE '[0-9]+ tests failed' "$log" | grep -oE '^[0-9]+')
  rm -f "$log"
  passed=$((passed + ${total:-0} - ${bad:-0}))
  failed=$((failed + ${bad:-0}))
  if [ "${total:-0}" -eq 0 ]; then
    echo "preset $preset ran no test"
    failed=$((failed + 1))
  fi
}

echo "== release"
if build release; then
  if [ "$mode" = --full ]; then
    run release
  else
    run release -LE real
  fi
fi

if [ "$mode" != --quick ]; then
  echo "== dev (AddressSanitizer, UndefinedBehaviorSanitizer)"
  build dev unit_tests && run dev -L unit
fi

if [ "$mode" = --full ]; then
  echo "== tsan (ThreadSanitizer)"
  build tsan threaded_tests && run tsan -L threads
fi

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
