#!/bin/sh
# Builds the image: twice the same bytes from the same sources and packages.
# Usage: build.sh [NAME], by default localhost/tailproof:VERSION and :latest; the last line is its id.
set -eu
cd "$(dirname "$0")/../.."
version=$(sed -n 's/^package let version = "\(.*\)"$/\1/p' Sources/Agent/CommandLine/Version.swift)
name=${1:-localhost/tailproof:$version}

command -v podman >/dev/null || {
    echo "image: podman is needed: apt-get install podman" >&2
    exit 1
}
deploy/image/base.sh
# A base image without a toolchain gets this machine's.
toolchain=
if ! podman run --rm --network=none docker.io/library/swift:6.3-bookworm swift --version >/dev/null 2>&1; then
    swift=$(command -v swift) || swift=/opt/swift/usr/bin/swift
    toolchain="--volume=$(dirname "$(dirname "$(dirname "$(readlink -f "$swift")")")"):/opt/swift:ro"
fi
# shellcheck disable=SC2086 # one option or none
podman build --network=host $toolchain --timestamp 0 ${TAILPROOF_BUILD_OPTIONS:-} -t "$name" .
podman tag "$name" localhost/tailproof:latest
podman image inspect --format '{{.Id}}' "$name"
