#!/bin/bash
# What a line costs, in Swift and beside it in C, all from one run: run.sh [FILE]
#
# The tables are explained in docs/performance.md. Times are CPU time, the best of several interleaved
# processes. Instructions and heap allocations are differences between two lengths under valgrind, so
# start-up does not count; they repeat where times do not. RUNS (3) and PASSES (30) set how long the
# rows take, ROWS which there are; AGENT= leaves the agent out.
set -euo pipefail
cd "$(dirname "$0")/../.."

file=${1:-../shared/data/access-combined-10k.log}
[ -r "$file" ] || file=Tests/Benchmarks/corpus/access.log
rows=${ROWS:-scan encode pipe-none pipe-isal pipe-zlib}
runs=${RUNS:-3} passes=${PASSES:-30}
lines=$(wc -l <"$file")

work=$(mktemp -d)
idling=
trap '[ -z "$idling" ] || kill $idling 2>/dev/null || true; rm -rf "$work"' EXIT
swift build -c release --product Benchmarks 2>&1 | grep -E 'error|warning' || true
benchmarks=$(swift build -c release --show-bin-path)/Benchmarks
floor=Tests/Benchmarks/floor
gcc -O2 -o "$work/floor" $floor/floor.c -lxxhash -lisal -lz
gcc -O2 -o "$work/sink" $floor/sink.c -lisal
# valgrind 3.19 cannot read the debug information that Swift 6 writes.
strip --strip-debug -o "$work/swift" "$benchmarks"
strip --strip-debug -o "$work/agent" .build/release/tailproof

if ! cmp <("$work/floor" documents "$file") <("$work/swift" documents "$file"); then
    echo "run.sh: C and Swift write different documents" >&2
    exit 1
fi

# The corpus so many times over, to NAME.
repeat() {
    local number
    for number in $(seq "$1"); do cat "$file"; done >"$work/$2"
}
# Calculates with awk; the result has so many significant digits.
calculate() { awk "BEGIN { printf \"%.$1g\", $2 }"; }
instructions_of() { sed -n 's/.*Collected : \([0-9]*\).*/\1/p' "$1"; }
allocations_of() { sed -n 's/.*total heap usage: \([0-9,]*\) allocs.*/\1/p' "$1" | tr -d ,; }

cpu=$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1)
printf '%s, %s, %s cores, load %s\n' "$(date +%F)" "$cpu" "$(nproc)" "$(cut -d' ' -f1 /proc/loadavg)"
printf '%s: %s lines, %s bytes\n\n' "$(basename "$file")" "$lines" "$(wc -c <"$file")"

# An agent configured as anybody may: configure NAME PATHS COMPRESSION
configure() {
    cat >"$work/$1.yaml" <<END
state: $work/$1.state
inputs:
  - paths: ["$2"]
    format: combined
output:
  elasticsearch:
    hosts: ["http://127.0.0.1:PORT"]
    compression: $3
shutdown: {quiet: 0s, deadline: 1h}
log: {level: warn}
END
}
# What the sink says of a command that ships so many lines, of the agent NAME with a fresh state:
# ship NAME LINES [--idle SECONDS] COMMAND...
ship() {
    local name=$1 expected=$2 options=()
    shift 2
    if [ "$1" = --idle ]; then options=("$1" "$2") && shift 2; fi
    rm -rf "$work/$name.state"
    # shellcheck disable=SC2016 # expanded by the inner shell
    "$work/sink" "$expected" "${options[@]}" sh -c 'sed -i "s/PORT/$PORT/" "$0"; exec "$@"' \
        "$work/$name.yaml" "$@"
}

# Idle: files that were read to their end and stay as they are. Beside all else, for it costs nothing;
# longer than the longest time between two scans.
start_idling() {
    local number
    mkdir "$work/quiet"
    head -n 10 "$file" >"$work/quiet/1.log"
    for number in $(seq 2 1000); do cp "$work/quiet/1.log" "$work/quiet/$number.log"; done
    configure idle "$work/quiet/*.log" gzip
    ship idle 10000 --idle 70 "$work/agent" run --config "$work/idle.yaml" >"$work/said.idle" &
    idling=$!
}

if [ "${AGENT-yes}" ]; then start_idling; fi

# The rows. A pipe reads a file of about 100,000 lines.
copies=$(((100000 + lines - 1) / lines))
repeat $copies big.log
# Under valgrind a few batches are enough.
head -n 4000 "$file" >"$work/head.log"

# The smallest "NAME: X ns" of the outputs on standard input.
best() { sed -n 's/.*: \([0-9.]*\) ns.*/\1/p' | sort -n | head -1; }
# Instructions or allocations a line: each TOOL SIDE ROW.
each() {
    local short long
    short=$(count "$@" 1) long=$(count "$@" 2)
    calculate 6 "($long - $short) / $(wc -l <"$work/head.log")"
}
count() {
    local tool=$1 side=$2 row=$3 number=$4
    local command=("$work/swift" "$row" --once --passes "$number" "$work/head.log")
    [ "$side" = swift ] || command=("$work/floor" "$row" "$work/head.log" "$number" once)
    if [ "$tool" = instructions ]; then
        valgrind --tool=callgrind --callgrind-out-file=/dev/null --log-file="$work/log" \
            "${command[@]}" >/dev/null
    else
        valgrind --log-file="$work/log" "${command[@]}" >/dev/null
    fi
    "${tool}_of" "$work/log"
}

line='%-10s %9s %7s %6s %11s %8s %12s %9s %11s\n'
# shellcheck disable=SC2059 # the format is a constant
printf "$line" row 'Swift ns' 'C ns' ratio 'Swift instr' 'C instr' 'Swift allocs' \
    'gzip to' 'C gzip to'
for row in $rows; do
    input=$file repeated=$passes
    case $row in pipe-*) input=$work/big.log repeated=$((passes / copies + 1)) ;; esac
    for _ in $(seq "$runs"); do
        "$benchmarks" "$row" --passes $repeated "$input" >>"$work/swift.$row"
        "$work/floor" "$row" "$input" $repeated >>"$work/floor.$row"
    done
    swift_time=$(best <"$work/swift.$row") floor_time=$(best <"$work/floor.$row")
    # The allocations of a pipe do not depend on who deflates.
    allocations=- gzip=('' '')
    [ "$row" = pipe-zlib ] || allocations=$(each allocations swift "$row")
    for side in swift floor; do
        ratio=$(sed -n 's/.*ratio //p' "$work/$side.$row" | head -1)
        case $ratio in '' | 1.00) gzip+=(-) ;; *) gzip+=("1/$ratio") ;; esac
    done
    # shellcheck disable=SC2059
    printf "$line" "$row" "$swift_time" "$floor_time" \
        "$(awk "BEGIN { printf \"%.2f\", $swift_time / $floor_time }")" \
        "$(each instructions swift "$row")" "$(each instructions floor "$row")" "$allocations" \
        "${gzip[2]}" "${gzip[3]}"
done
[ "${AGENT-yes}" ] || exit 0

# The whole agent: its costs for a long file less those for a short one.
# The number behind NAME in the sink's line on standard input.
field() { sed -n "s/.*$1 \([0-9.]*\).*/\1/p"; }
least() { sort -n | head -1; }

agent=("$work/agent" run --config "$work/busy.yaml")
repeat $((4 * copies)) long.log
repeat $(((20000 + lines - 1) / lines)) brief.log
repeat $(((60000 + lines - 1) / lines)) medium.log
lines_of() { wc -l <"$work/$1.log"; }
# CPU time a line, in µs; the fastest run of each length.
cpu_a_line() {
    local long big
    long=$(least <"$work/$1.long") big=$(least <"$work/$1.big")
    calculate 3 "($long - $big) / ($(lines_of long) - $(lines_of big))"
}
agent_count() {
    local tool=$1 name=$2 compression=$3
    local command=(valgrind --log-file="$work/log")
    [ "$tool" = allocations ] || command+=(--tool=callgrind --callgrind-out-file=/dev/null)
    configure busy "$work/$name.log" "$compression"
    ship busy "$(lines_of "$name")" "${command[@]}" "${agent[@]}" >/dev/null
    "${tool}_of" "$work/log"
}
agent_each() {
    local brief medium
    brief=$(agent_count "$1" brief "$2") medium=$(agent_count "$1" medium "$2")
    calculate 6 "($medium - $brief) / ($(lines_of medium) - $(lines_of brief))"
}

line='%-12s %9s %8s %6s %12s %8s %9s %9s %9s\n'
# shellcheck disable=SC2059
printf "\n$line" row 'agent us' 'C us' ratio 'instructions' allocs 'RSS MiB' 'sys share' 'B a line'
for compression in gzip none; do
    mode=isal
    [ $compression = gzip ] || mode=none
    for _ in $(seq "$runs"); do
        for name in big long; do
            configure busy "$work/$name.log" $compression
            ship busy "$(lines_of $name)" "${agent[@]}" >"$work/said.$name"
            field cpu-us <"$work/said.$name" >>"$work/agent.$compression.$name"
            field peak-kib <"$work/said.$name" >>"$work/agent.$compression.peak"
            ship busy "$(lines_of $name)" "$work/floor" post-$mode "$work/$name.log" 1 >"$work/said.floor"
            field cpu-us <"$work/said.floor" >>"$work/floor.$compression.$name"
        done
    done
    said=$work/said.long
    ours=$(cpu_a_line "agent.$compression") floors=$(cpu_a_line "floor.$compression")
    # shellcheck disable=SC2059
    printf "$line" "agent $compression" "$ours" "$floors" \
        "$(awk "BEGIN { printf \"%.2f\", $ours / $floors }")" \
        "$(agent_each instructions $compression)" "$(agent_each allocations $compression)" \
        "$(calculate 3 "$(sort -n "$work/agent.$compression.peak" | tail -1) / 1024")" \
        "$(calculate 2 "1 - $(field user-us <"$said") / $(field cpu-us <"$said")")" \
        "$(calculate 4 "$(field body-bytes <"$said") / $(lines_of long)")"
done

wait "$idling"
idling=
printf '\nidle for 70 s with 1,000 quiet files: %s ms of CPU, %s context switches; peak RSS %s MiB\n' \
    "$(field idle-ms <"$work/said.idle")" "$(field idle-switches <"$work/said.idle")" \
    "$(calculate 3 "$(field peak-kib <"$work/said.idle") / 1024")"
