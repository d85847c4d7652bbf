#!/bin/sh
# Builds the fuzzers, and the product's modules with them, for libFuzzer and the address sanitizer.
set -eu
cd "$(dirname "$0")/../.."

# lld, as the default linker crashes on the sanitizers' sections.
TAILPROOF_FUZZ=1 swift build -c release --product fuzz --scratch-path .build/fuzz \
    -Xswiftc -sanitize=fuzzer,address -Xswiftc -use-ld=lld
