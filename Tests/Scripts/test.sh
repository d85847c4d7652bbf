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
simulation=$(mktemp)
ahead=
finish() {
    local status=$?
    rm -f "$log" "$simulation"
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

# What the end-to-end tests leave of the processors, and most of them wait, goes to the simulation and
# then to the builds of later steps. A build that fails here fails again in its own step.
work_ahead() {
    set -m
    {
        nice -n 19 swift test --ignore-lock --skip-build --disable-xctest --filter SimulationTests \
            >"$simulation" 2>&1 && echo "ended well" >>"$simulation"
        nice -n 19 swift build --build-tests "${checked[@]}" "${threads[@]}"
        nice -n 19 swift build --build-tests "${checked[@]}" "${plain[@]}"
        nice -n 19 Tests/Fuzz/build.sh
    } >/dev/null 2>&1 </dev/null &
    ahead=$!
    set +m
}

# Runs tests and judges what they wrote.
tests() {
    {
        swift test --disable-xctest "${checked[@]}" "$@" 2>&1 && echo "ended well"
    } | tee "$log" || true
    judge "$log"
}

# Counts the tests of a log: one that failed, or none at all, is a failure. What failed is said again
# at the end, for a log of thousands of lines may be cut.
judge() {
    local count
    count=$(sed -n 's/.*Test run with \([0-9]*\) tests\{0,1\} .*passed.*/\1/p' "$1" | tail -n 1)
    if [ "$(tail -n 1 "$1")" != "ended well" ] || [ "${count:-0}" -eq 0 ]; then
        printf '\n=== what failed in: %s\n' "$step"
        awk '/^✘|: error: /{print; more = 12; next} /^(◇|✔)/{more = 0} more-- > 0' "$1" |
            cut -c 1-2000 | tail -n 200
        echo "test: no test passed here, or not all" >&2
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

heading "unit tests"
tests --skip 'EndToEndTests|SimulationTests'

heading "end-to-end tests"
work_ahead
tests --skip-build --filter EndToEndTests

heading simulation
wait "$ahead" || true
ahead=
cat "$simulation"
judge "$simulation"

heading "thread sanitizer"
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
