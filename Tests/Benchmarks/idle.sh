#!/bin/bash
# What quiet files cost: idle.sh [FILES (10000)] [SECONDS (120)]
#
# Ships a line of each file, waits until all is settled, and then counts for so long what the agent
# costs: CPU time and context switches of all threads by /proc, and after that, as long again, system
# calls by strace. At last it starts twice under callgrind with the state as it is, and lives two
# minutes longer the second time: what these two minutes cost in instructions is the difference. The
# time between two scans is at most 60 s: less than 120 s may miss one.
set -euo pipefail
cd "$(dirname "$0")/../.."

files=${1:-10000} seconds=${2:-120}
work=$(mktemp -d)
children=()
trap 'kill "${children[@]}" 2>/dev/null || true; wait; rm -rf "$work"' EXIT
mkdir "$work/logs"
for number in $(seq "$files"); do
    printf '10.1.2.3 - - [20/Sep/2018:10:00:00 +0000] "GET /%09d HTTP/1.1" 200 5120\n' "$number" \
        >"$work/logs/$number.log"
done

python3 Tests/Scripts/bulk-sink.py >"$work/said" &
sink=$!
children+=("$sink")
until grep -qs port "$work/said"; do sleep 0.1; done
kill -USR1 "$sink"
cat >"$work/idle.yaml" <<END
state: $work/state
inputs:
  - paths: ["$work/logs/*.log"]
output:
  elasticsearch:
    hosts: ["http://127.0.0.1:$(sed -n 's/^port //p' "$work/said")"]
log: {level: warn}
END
.build/release/tailproof run --config "$work/idle.yaml" &
agent=$!
children+=("$agent")
until grep -q "taken $files " "$work/said"; do
    kill -USR2 "$sink"
    sleep 0.5
done
# The last image, and the descriptors of quiet files, which are closed after a minute.
sleep 90

ticks() { awk '{ print $14 + $15 }' "/proc/$agent/stat"; }
switches() { cat /proc/"$agent"/task/*/status | awk '/ctxt_switches/ { sum += $2 } END { print sum }'; }
before=$(ticks) switched=$(switches)
sleep "$seconds"
cpu=$((($(ticks) - before) * 1000 / $(getconf CLK_TCK))) switched=$(($(switches) - switched))
timeout --signal=INT "$seconds" strace -c -f -qq -o "$work/calls" -p "$agent" || true
printf '%s quiet files for %s s: %s ms of CPU (%s %% of a core), %s context switches\n' "$files" \
    "$seconds" "$cpu" "$(awk "BEGIN { printf \"%.3f\", $cpu / $seconds / 10 }")" "$switched"
printf 'system calls in %s s:' "$seconds"
awk '$1 ~ /^[0-9.]+$/ && $NF != "total" { printf " %s %s,", $4, $NF }' "$work/calls" | sed 's/,$/\n/'

kill -TERM "$agent"
wait "$agent" || true
# valgrind 3.19 cannot read the debug information that Swift 6 writes.
strip --strip-debug -o "$work/stripped" .build/release/tailproof
# Instructions of an agent that starts on a copy of the state, and lives so many seconds.
count() {
    cp -r "$work/state" "$work/state.$1"
    sed "s|^state: .*|state: $work/state.$1|" "$work/idle.yaml" >"$work/idle.$1.yaml"
    valgrind --tool=callgrind --callgrind-out-file=/dev/null --log-file="$work/valgrind.$1" \
        "$work/stripped" run --config "$work/idle.$1.yaml" &
    sleep "$1"
    kill -TERM $!
    wait $! || true
    sed -n 's/.*Collected : \([0-9]*\).*/\1/p' "$work/valgrind.$1" >"$work/instructions.$1"
}
count 180 &
children+=($!)
short=$!
count 300
wait "$short"
awk -v files="$files" '{ sum = $1 - sum } END { printf "%d instructions a minute, %.0f a file\n", sum / 2, sum / 2 / files }' \
    "$work/instructions.180" "$work/instructions.300"
