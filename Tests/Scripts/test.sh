#!/bin/bash
# All checks and tests, cheapest first; `make test` calls it with everything installed.
# The last line counts the tests and names the steps that passed.
set -euo pipefail
cd "$(dirname "$0")/../.."

# The backtracer of a process that is meant to crash would keep it alive for minutes.
export SWIFT_BACKTRACE=${SWIFT_BACKTRACE:-enable=no}
export TAILPROOF_BINARY=$PWD/.build/release/tailproof
# The simulation's runs repeat, to the order of sets: `make torture` draws new ones.
export SWIFT_DETERMINISTIC_HASHING=1 TAILPROOF_FIRST_SEED=1

log=$(mktemp)
ahead=
finish() {
    local status=$?
    rm -f "$log"
    [ -z "$ahead" ] || kill -- "-$ahead" 2>/dev/null || true
    [ $status -eq 0 ] || echo "test: FAILED in: $step" >&2
}
trap finish EXIT
step=start
steps=()
passed=0
began=$SECONDS

heading() {
    step=$1
    steps+=("$1")
    printf '\n=== %s (%d s so far)\n' "$1" $((SECONDS - began))
}

checked=(--explicit-target-dependency-import-check error)
threads=(--sanitize=thread --scratch-path .build/tsan)
plain=(--disable-default-traits --scratch-path .build/zlib)

# The builds of later steps, with what the tests leave of the processors: most of them wait. What
# fails here fails again in its own step.
build_ahead() {
    set -m
    {
        nice -n 19 swift build --build-tests "${checked[@]}" "${threads[@]}"
        nice -n 19 swift build --build-tests "${checked[@]}" "${plain[@]}"
    } >/dev/null 2>&1 </dev/null &
    ahead=$!
    set +m
}

# Runs tests and counts them; a filter that matches nothing is a failure. What failed is said
# again at the end, for the log of thousands of lines above may be cut.
tests() {
    if ! swift test --disable-xctest "${checked[@]}" "$@" 2>&1 | tee "$log"; then
        printf '\n=== what failed in: %s\n' "$step"
        awk '/^✘|: error: /{print; more = 12; next} /^(◇|✔)/{more = 0} more-- > 0' "$log" |
            cut -c 1-2000 | tail -n 200
        return 1
    fi
    local count
    count=$(sed -n 's/.*Test run with \([0-9]*\) tests\{0,1\} .*passed.*/\1/p' "$log" | tail -n 1)
    if [ "${count:-0}" -eq 0 ]; then
        echo "test: no test ran" >&2
        return 1
    fi
    passed=$((passed + count))
}

heading style
make --no-print-directory lint

heading "release build"
make --no-print-directory build

heading symbols
Tests/Scripts/check-binary.sh "$TAILPROOF_BINARY"

heading tests
build_ahead
tests

heading "thread sanitizer"
wait "$ahead" || true
ahead=
TSAN_OPTIONS=halt_on_error=1 tests "${threads[@]}" --filter 'PlatformTests|Concurrency|HostPool'

heading "zlib alone"
tests "${plain[@]}" --filter ElasticTests
if readelf -d .build/zlib/debug/tailproof | grep libisal; then
    echo "test: built without the trait ISAL, the agent still needs its library" >&2
    exit 1
fi

heading fuzzers
Tests/Fuzz/run.sh 50000x

printf '\n'
list=$(printf ', %s' "${steps[@]}")
echo "test: all of ${list:2} passed in $((SECONDS - began)) s: $passed passed, 0 failed"
