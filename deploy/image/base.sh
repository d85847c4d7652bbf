#!/bin/sh
# Makes the image that the Dockerfile builds in, where no registry has it: Debian's compiler packages around this
# machine's Swift, which `podman build` mounts. Nothing happens where the image is there or can be had.
set -eu
base=docker.io/library/swift:6.3-bookworm

if podman image exists "$base" || podman pull -q "$base" 2>/dev/null; then exit 0; fi
podman image exists docker.io/library/debian:bookworm-slim ||
    podman pull -q docker.io/library/debian:bookworm-slim 2>/dev/null || {
    echo "image: no registry has $base, and there is no docker.io/library/debian:bookworm-slim to make it from" >&2
    exit 1
}
podman build --network=host -q -t "$base" - <<'D'
FROM docker.io/library/debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends binutils ca-certificates gcc git libc6-dev \
    libcurl4 libncurses6 libsqlite3-0 libstdc++-12-dev libxml2 pkg-config tzdata \
    && rm -rf /var/lib/apt/lists/*
D
