# Everything a newcomer or a build machine runs. `make` alone lists it; `make demo` and `make test`
# need nothing but Debian 12, Swift 6.3, make and git: they install what else they use.

SWIFT := $(firstword $(wildcard $(shell command -v swift 2>/dev/null) \
	/opt/swift/usr/bin/swift /usr/share/swift/usr/bin/swift /usr/share/swift/bin/swift))
export PATH := $(if $(SWIFT),$(dir $(SWIFT)):)$(PATH)

BUILD_PACKAGES := zlib1g-dev libcurl4-openssl-dev libisal-dev libyaml-dev libxxhash-dev pkg-config
TEST_PACKAGES := openjdk-17-jre-headless python3 curl openssl logrotate procps binutils valgrind \
	strace libfaketime faketime e2fsprogs xfsprogs mount util-linux gzip

FUZZ_SECONDS ?= 60
TORTURE_SEEDS ?= 10000
TORTURE_ROUNDS ?= 20
TORTURE_FACTOR ?= 10

.PHONY: help demo test build image pod pods manifests bench torture fuzz lint deps test-deps swift
.NOTPARALLEL:

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

demo: build ## build, then watch a Tomcat log being tailed across rotation; ends with the count
	@Config/demo.sh

test: test-deps ## all checks and tests: style, release build, symbols, tests, threads, fuzzers
	@Tests/Scripts/test.sh

build: deps ## the release binary, .build/release/tailproof
	swift build -c release --product tailproof --static-swift-stdlib

image: swift ## the container image, localhost/tailproof; needs podman
	@deploy/image/build.sh

pod: swift ## Tomcat, tailproof and a real server as a pod under podman; ends with the count
	@deploy/pod/run.sh

pods: test-deps build ## the end-to-end tests that play pods
	TAILPROOF_PODS=1 TAILPROOF_BINARY=$$PWD/.build/release/tailproof SWIFT_BACKTRACE=enable=no \
		swift test --disable-xctest --filter PodTests

manifests: ## deploy/ rendered, held against the schemas of Kubernetes, and scanned; needs kubectl and PyPI
	@Tests/Scripts/check-manifests.sh

bench: build ## what a line costs, beside a floor in C built in the same run
	@Tests/Scripts/install-packages.sh gcc libc6-dev binutils valgrind
	@Tests/Benchmarks/run.sh

torture: test-deps build ## the simulation over TORTURE_SEEDS seeds, other random tests TORTURE_ROUNDS times; end to end, TORTURE_FACTOR times the size
	TAILPROOF_SEEDS=$(TORTURE_SEEDS) swift test -c release -Xswiftc -enable-testing --scratch-path .build/torture \
		--disable-xctest --filter SimulationTests
	for round in $$(seq $(TORTURE_ROUNDS)); do \
		swift test -c release -Xswiftc -enable-testing --scratch-path .build/torture --skip-build \
			--disable-xctest --skip 'SimulationTests|EndToEndTests|TidyTests' || exit 1; done
	TAILPROOF_TORTURE=$(TORTURE_FACTOR) TAILPROOF_BINARY=$$PWD/.build/release/tailproof \
		SWIFT_BACKTRACE=enable=no swift test --disable-xctest --filter EndToEndTests

fuzz: deps ## every fuzzer for FUZZ_SECONDS (60)
	@Tests/Fuzz/run.sh $(FUZZ_SECONDS)

lint: swift ## swift-format over all sources
	swift format lint --strict --recursive --parallel Package.swift Sources Tests

deps: swift ## install the libraries the build needs
	@Tests/Scripts/install-packages.sh $(BUILD_PACKAGES)

test-deps: deps
	@Tests/Scripts/install-packages.sh $(TEST_PACKAGES)

swift:
	@test -n "$(SWIFT)" || { \
		echo "make: Swift 6.3 is needed: https://www.swift.org/install/linux/" >&2; exit 1; }
