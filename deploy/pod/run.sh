#!/bin/bash
# `make pod`: Tomcat, tailproof beside it and a real server, as a pod under podman. Sends requests, shows what becomes of
# them, kills the agent and stops Tomcat and it under load, and holds every line of Tomcat's log against the documents.
# Needs podman, and the folder with the test servers: TAILPROOF_SHARED, or `shared` in a directory above.
set -euo pipefail
cd "$(dirname "$0")/../.."

say() { printf 'pod: %s\n' "$*"; }
give_up() {
    echo "pod: $*" >&2
    exit 1
}

shared=${TAILPROOF_SHARED:-}
above=$PWD
while [ -z "$shared" ] && [ "$above" != / ]; do
    above=$(dirname "$above")
    [ ! -x "$above/shared/elasticsearch/server" ] || shared=$above/shared
done
[ -n "$shared" ] || give_up "no folder shared with elasticsearch/server above; name it in TAILPROOF_SHARED"
# A machine without a container engine or registries is made ready, and says where podman finds its settings.
[ ! -x "$shared/containers/setup.sh" ] || "$shared/containers/setup.sh" >/dev/null 2>&1 || true
settings=/var/lib/tailproof-containers/containers.conf
[ ! -e $settings ] || export CONTAINERS_CONF=${CONTAINERS_CONF:-$settings}
command -v podman >/dev/null || give_up "podman is needed: apt-get install podman"

# Debian's Tomcat where that image is at hand, else the one that most people run.
tomcat=docker.io/library/tomcat:10.1-jdk21-temurin-noble logs=/usr/local/tomcat/logs
start=/usr/local/tomcat/bin/catalina.sh
if podman image exists localhost/tomcat:10.1; then
    tomcat=localhost/tomcat:10.1 logs=/var/log/tomcat10 start=/usr/share/tomcat10/bin/catalina.sh
fi

name=pod$$
work=$(mktemp -d)
load=
cleanup() {
    status=$?
    [ -z "$load" ] || kill "$load" 2>/dev/null || true
    [ $status -eq 0 ] || podman logs "$name-tailproof" 2>&1 | tail -n 20 >&2 || true
    podman pod rm -f -t 0 "$name" >/dev/null 2>&1 || true
    podman volume rm -f "state-$name" "logs-$name" "$name" >/dev/null 2>&1 || true
    "$shared/elasticsearch/server" remove "$name" >/dev/null 2>&1 || true
    rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

say "the image"
deploy/image/build.sh >"$work/build.log" 2>&1 || { cat "$work/build.log" >&2 && give_up "no image"; }
say "localhost/tailproof:latest, $(podman save localhost/tailproof:latest | gzip -6 | wc -c) bytes compressed"

# The server's files are made ready by a start outside the pod.
"$shared/elasticsearch/server" start "$name" --fresh >"$work/server"
"$shared/elasticsearch/server" stop "$name"
server=$(sed -n 's/^URL=//p' "$work/server")
servers=$(dirname "$(sed -n 's/^DIR=//p' "$work/server")")
ask() { curl -sS --fail-with-body -H 'content-type: application/json' "$@"; }

say "the pod"
sed -e "s|@NAME@|$name|g; s|@SERVER@|$server|; s|@TOMCAT@|$tomcat|; s|@LOGS@|$logs|g; s|@START@|$start|; s|@SERVERS@|$servers|g" \
    deploy/pod/pod.yaml >"$work/pod.yaml"
podman kube play "$work/pod.yaml" >/dev/null

# Waits until a command succeeds, a minute at most.
await() {
    for _ in $(seq 600); do
        ! "$@" >/dev/null 2>&1 || return 0
        sleep 0.1
    done
    give_up "in vain: $*"
}
await ask "$server/_cluster/health"
ask -X PUT "$server/_index_template/$name" -d '{"index_patterns": ["logs-'"$name"'-*"], "priority": 500,
    "data_stream": {}, "template": {"settings": {"number_of_replicas": 0}}}' >/dev/null
await podman exec "$name-tailproof" /tailproof status --ready
await curl -s -o /dev/null http://127.0.0.1:8080/
say "probes: $(podman exec "$name-tailproof" /tailproof status --live), $(podman exec "$name-tailproof" /tailproof status --ready)"

say "requests, and what becomes of them (Tomcat holds lines back for up to 10 s)"
for number in 1 2 3; do curl -s -o /dev/null "http://127.0.0.1:8080/hello?n=$number"; done
count() {
    ask -X POST "$server/logs-$name-default/_refresh?ignore_unavailable=true" >/dev/null
    ask "$server/logs-$name-default/_count?ignore_unavailable=true" | sed -n 's/.*"count":\([0-9]*\).*/\1/p'
}
some_are_there() { [ "$(count)" -gt 0 ]; }
await some_are_there
ask "$server/logs-$name-default/_search?size=2&pretty&filter_path=hits.hits._id,hits.hits._source"

say "load, and meanwhile the agent is killed, and Tomcat and the agent are stopped"
(while :; do
    for number in $(seq 20); do curl -s -o /dev/null "http://127.0.0.1:8080/load?n=$number" || true; done
done) &
load=$!
sleep "${TAILPROOF_POD_SECONDS:-5}"
agent_pid() { podman inspect --format '{{.State.Pid}}' "$name-tailproof"; }
killed=$(agent_pid)
kill -9 "$killed"
runs_again() { [ "$(agent_pid)" -gt 0 ] && [ "$(agent_pid)" != "$killed" ]; }
await runs_again
await podman exec "$name-tailproof" /tailproof status --ready
say "killed with its container, it runs again and is ready"
sleep "${TAILPROOF_POD_SECONDS:-5}"
volume=$(podman volume inspect --format '{{.Mountpoint}}' "logs-$name")
# One after the other, the last one listed first: Tomcat, then tailproof, as Kubernetes stops a native sidecar.
podman stop -t 30 "$name-tomcat" >/dev/null
podman stop -t 40 "$name-tailproof" >/dev/null
kill "$load" 2>/dev/null || true
load=
say "the agent's last words, exit code $(podman inspect --format '{{.State.ExitCode}}' "$name-tailproof"):"
podman logs "$name-tailproof" 2>&1 | tail -n 1

# The place of each line of Tomcat's logs, two of them at midnight, and of each document.
for log in "$volume"/localhost_access_log.*; do
    LC_ALL=C awk -v name="${log##*/}" '{ print name, offset + 0; offset += length($0) + 1 }' "$log"
done | sort >"$work/lines"
count >/dev/null
ask "$server/logs-$name-default/_search" -d '{"size": 10000, "track_total_hits": true, "_source": false,
    "fields": ["log.file.path", "log.offset"]}' >"$work/hits"
grep -o '"fields":{[^}]*}' "$work/hits" | sed -E 's/.*"log.file.path":\["([^"]*)"\].*/\1 &/
    s/^([^ ]*) .*"log.offset":\[([0-9]+)\].*/\1 \2/; s|.*/||' | sort >"$work/documents"
lost=$(comm -23 <(sort -u "$work/lines") <(sort -u "$work/documents") | wc -l)
twice=$(uniq -d "$work/documents" | wc -l)
unknown=$(comm -13 <(sort -u "$work/lines") <(sort -u "$work/documents") | wc -l)
say "$(wc -l <"$work/lines") lines written, $(wc -l <"$work/documents") documents, lost $lost, twice $twice, unknown $unknown"
[ "$(wc -l <"$work/lines")" -gt 20 ] && [ "$lost" -eq 0 ] && [ "$twice" -eq 0 ] && [ "$unknown" -eq 0 ]
