#!/bin/bash
# The table of what a line costs, in Swift and beside it in C, from one run: run.sh [FILE]
#
# Times are CPU time of the best pass, the best of several interleaved processes. Instructions and heap
# allocations are differences between two run lengths under valgrind, so start-up does not count; they
# repeat where times do not. RUNS (5) and PASSES (100) set how long it takes. A row that the floor does
# not know has no C columns.
set -euo pipefail
cd "$(dirname "$0")/../.."

file=${1:-../shared/data/access-combined-10k.log}
[ -r "$file" ] || file=Tests/Benchmarks/corpus/access.log
rows=${ROWS:-scan encode}
floor_rows=" scan encode "
runs=${RUNS:-5} passes=${PASSES:-100}
lines=$(wc -l <"$file")

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
swift build -c release --product Benchmarks 2>&1 | grep -E 'error|warning' || true
swift=$(swift build -c release --show-bin-path)/Benchmarks
gcc -O2 -o "$work/floor" Tests/Benchmarks/floor/floor.c -lxxhash
# valgrind 3.19 cannot read the debug information that Swift 6 writes.
strip --strip-debug -o "$work/swift" "$swift"

if ! cmp <("$work/floor" documents "$file") <("$swift" documents "$file"); then
    echo "run.sh: C and Swift write different documents" >&2
    exit 1
fi

# The smallest "NAME: X ns" of the outputs on standard input.
best() { sed -n 's/.*: \([0-9.]*\) ns.*/\1/p' | sort -n | head -1; }
# Instructions and allocations a line of COMMAND, whose last argument is the number of passes.
each() {
    local tool=$1 short long
    shift
    short=$("count_$tool" "$@" 1) long=$("count_$tool" "$@" 3)
    awk -v a="$short" -v b="$long" -v n="$lines" 'BEGIN { printf "%.6g", (b - a) / (2 * n) }'
}
count_instructions() {
    command_of "$@"
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "${command[@]}" 2>&1 >/dev/null |
        sed -n 's/.*Collected : \([0-9]*\).*/\1/p'
}
count_allocations() {
    command_of "$@"
    valgrind "${command[@]}" 2>&1 >/dev/null |
        sed -n 's/.*total heap usage: \([0-9,]*\) allocs.*/\1/p' | tr -d ,
}
# Sets `command` for a side, a row and a number of passes.
command_of() {
    if [ "$1" = swift ]; then
        command=("$work/swift" "$2" --once --passes "$3" "$file")
    else
        command=("$work/floor" "$2" "$file" "$3" once)
    fi
}

printf '%s, %s lines, %s bytes\n\n' "$file" "$lines" "$(wc -c <"$file")"
line='%-12s %10s %10s %7s %12s %12s %12s\n'
printf "$line" row 'Swift ns' 'C ns' ratio 'Swift instr' 'C instr' 'Swift alloc'
for row in $rows; do
    for _ in $(seq "$runs"); do
        "$swift" "$row" --passes "$passes" "$file" >>"$work/swift.$row"
        case $floor_rows in
        *" $row "*) "$work/floor" "$row" "$file" "$passes" >>"$work/floor.$row" ;;
        esac
    done
    swift_time=$(best <"$work/swift.$row")
    floor_time=- ratio=- floor_instructions=-
    if [ -e "$work/floor.$row" ]; then
        floor_time=$(best <"$work/floor.$row")
        ratio=$(awk -v a="$swift_time" -v b="$floor_time" 'BEGIN { printf "%.2f", a / b }')
        floor_instructions=$(each instructions floor "$row")
    fi
    printf "$line" "$row" "$swift_time" "$floor_time" "$ratio" \
        "$(each instructions swift "$row")" "$floor_instructions" "$(each allocations swift "$row")"
done
