#!/bin/sh
# The agent at work: a Tomcat writes the sample log in torn blocks, a file a day, and is rotated once
# by rename as well; the agent tails it to standard output. Then every document is held against the
# line it came from. `make demo` builds the agent first.
set -eu
cd "$(dirname "$0")/.."
export LC_ALL=C

agent=${TAILPROOF_BINARY:-.build/release/tailproof}
sample=Config/sample/localhost_access_log.txt
work=$(mktemp -d)
logs=$work/logs
documents=$work/documents
pid=
began=$(date +%s)

stop() {
    status=$?
    # The second SIGTERM ends the agent at once.
    [ -z "$pid" ] || { kill "$pid" && sleep 0.3 && kill "$pid"; } 2>/dev/null || true
    [ $status -eq 0 ] || tail -n 20 "$work/agent.log" >&2 || true
    rm -rf "$work"
}
trap stop EXIT
trap 'exit 130' INT TERM

say() { printf 'demo: %s\n' "$*"; }

# The file and the byte offset that each document names, one document a line. A file that was renamed
# counts under its first name.
places() {
    awk -v logs="$logs/" '
        { at = index($0, logs) }
        at { path = substr($0, at + length(logs)); sub(/[^-A-Za-z0-9._].*/, "", path) }
        match($0, /offset"?[^0-9A-Za-z]+[0-9]+/) {
            offset = substr($0, RSTART, RLENGTH)
            gsub(/[^0-9]/, "", offset)
        }
        path != "" && offset != "" {
            sub(/\.1$/, "", path)
            print path, offset
            path = offset = ""
        }' "$documents"
}

# The file and the byte offset of each line that was written.
lines() {
    for log in "$logs"/*; do
        awk -v path="$(basename "$log" .1)" '
            { printf "%s %d\n", path, offset; offset += length($0) + 1 }' "$log"
    done
}

# Waits until there are that many documents, for ten seconds at most.
await() {
    for _ in $(seq 100); do
        [ "$(places | wc -l)" -lt "$1" ] || return 0
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.1
    done
    say "no documents came"
    exit 1
}

# Appends a file to the log that is open as descriptor 3, in blocks that end where they end.
append() {
    split -b 9973 "$1" "$work/block."
    for block in "$work"/block.*; do
        cat "$block" >&3
        rm "$block"
        sleep 0.15
    done
}

# The day of each line, as Tomcat names its files; a line without a time belongs to the day it came on.
mkdir "$logs" "$work/days"
awk -v days="$work/days/" '
    match($0, /\[[0-9]+\/Sep\/2018:/) { day = "2018-09-" substr($0, RSTART + 1, 2) }
    { print > (days day) }' "$sample"

pattern="$logs/localhost_access_log.*.txt"
say "$agent run --state $work/state --output pretty '$pattern'"
timeout -k 5 120 "$agent" run --state "$work/state" --output pretty "$pattern" \
    >"$documents" 2>"$work/agent.log" &
pid=$!

shown=
for day in "$work"/days/*; do
    name=localhost_access_log.$(basename "$day").txt
    exec 3>>"$logs/$name"
    if [ -z "$shown" ]; then
        head -n 3 "$day" >"$work/part"
        append "$work/part"
        await 2
        say "the first of the documents, as they come:"
        awk '/^[^ \t}]/ { n++ } n > 2 { exit } { print }' "$documents"
        tail -n +4 "$day" >"$work/part"
        append "$work/part"
        shown=yes
    elif [ "$day" = "$work/days/2018-09-22" ]; then
        # Rename and create: what the writer still holds goes to the old file, by its new name.
        head -n 200 "$day" >"$work/part"
        split -b 20000 "$work/part" "$work/half."
        append "$work/half.aa"
        mv "$logs/$name" "$logs/$name.1"
        cat "$work"/half.a[b-z] >"$work/part"
        append "$work/part"
        exec 3>>"$logs/$name"
        tail -n +201 "$day" >"$work/part"
        append "$work/part"
        name="$name, renamed to .1 and made anew after 200 lines"
    else
        append "$day"
    fi
    say "$(wc -l <"$day") lines to $name; $(places | wc -l) documents so far"
done
exec 3>&-

say "SIGTERM: the agent drains its files and leaves"
kill -TERM "$pid"
status=0
wait "$pid" || status=$?
pid=

say "the last of the documents:"
awk '/^[^ \t}]/ { before = last; last = "" } { last = last $0 "\n" }
    END { printf "%s%s", before, last }' "$documents"
say "the agent's last words, exit code $status:"
tail -n 2 "$work/agent.log"

places >"$work/places"
lines >"$work/lines"
say "done in $(($(date +%s) - began)) s"
awk -v status="$status" -v sample="$(wc -l <"$sample")" '
    FILENAME == ARGV[1] { written[$0]++; count++; next }
    { found[$0]++; documents++ }
    END {
        for (place in written)
            if (written[place] > found[place]) lost += written[place] - found[place]
        for (place in found)
            if (!(place in written)) unknown += found[place]
            else if (found[place] > written[place]) twice += found[place] - written[place]
        printf "demo: %d lines written, %d documents, lost %d, twice %d", \
            count, documents, lost, twice
        if (unknown) printf ", of unknown lines %d", unknown
        printf "\n"
        exit lost || twice || unknown || count != sample || status
    }' "$work/lines" "$work/places"
