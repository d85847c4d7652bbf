#!/bin/sh
# Fuzzes each target, or those named, for so many seconds: run.sh SECONDS [TARGET...]
# or with the same inputs every time, so many of them: run.sh INPUTSx [TARGET...]
# New inputs are kept under .build/fuzz, and so is an input that breaks a promise, which is printed.
set -eu
cd "$(dirname "$0")/../.."

case $1 in
*x)
    # What keeps a run from repeating itself is left out: both depend on clocks and addresses.
    limit="-seed=1 -runs=${1%x} -entropic=0 -use_cmp=0"
    export SWIFT_DETERMINISTIC_HASHING=1
    ;;
*) limit=-max_total_time=$1 ;;
esac
shift
Tests/Fuzz/build.sh
fuzz=.build/fuzz/release/fuzz
found=.build/fuzz/found
mkdir -p "$found"
# The backtracer would keep a crashed process alive for minutes; libFuzzer prints its own trace.
export SWIFT_BACKTRACE=enable=no

# Runs one target within a limit; its log is then in .build/fuzz/NAME.log.
run() {
    seeds=Tests/Fuzz/corpus/$1
    [ -n "$(ls "$seeds")" ] || return 1
    case $2 in -seed*) rm -rf ".build/fuzz/corpus/$1" ;; esac
    mkdir -p ".build/fuzz/corpus/$1"
    # shellcheck disable=SC2086 # a limit is one option or more
    $fuzz "$1" $2 -timeout=10 -artifact_prefix="$found/$1-" \
        ".build/fuzz/corpus/$1" "$seeds" >".build/fuzz/$1.log" 2>&1
}

if run planted -max_total_time=60; then
    echo "fuzz: the planted bug was not found: the fuzzers are blind" >&2
    exit 1
fi
if ! grep -q 'Test unit written' .build/fuzz/planted.log; then
    cat .build/fuzz/planted.log >&2
    exit 1
fi
rm -f $found/planted-*
rm -rf .build/fuzz/corpus/planted

broken=
targets=${*:-$($fuzz)}
[ -n "$targets" ] || {
    echo "fuzz: no target" >&2
    exit 1
}
for target in $targets; do
    [ "$target" != planted ] || continue
    if run "$target" "$limit"; then
        echo "fuzz: $target: $(grep '^Done' ".build/fuzz/$target.log")"
        continue
    fi
    broken="$broken $target"
    grep -v -e '^#[0-9]' -e '^INFO' -e NEW_FUNC ".build/fuzz/$target.log" | tail -n 60 >&2
    input=$(sed -n 's/.*Test unit written to //p' ".build/fuzz/$target.log")
    [ -n "$input" ] || continue
    od -A d -t x1z "$input" | head -n 64 >&2
    echo "fuzz: $target: again by: $fuzz $target $input" >&2
    echo "fuzz: once mended, keep the input in Tests/Fuzz/corpus/$target" >&2
done
[ -z "$broken" ] || {
    echo "fuzz: FAILED:$broken" >&2
    exit 1
}
