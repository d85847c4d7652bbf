# tailproof's image: the agent, the shared libraries it names, certificates to verify servers with. No shell.
# `make image` builds it, and gives the same bytes whenever it is built from the same sources and packages.
FROM docker.io/library/swift:6.3-bookworm AS build

# Where the image has no toolchain of its own, `make image` mounts this machine's there.
ENV PATH=$PATH:/opt/swift/usr/bin
RUN apt-get update && apt-get install -y --no-install-recommends binutils ca-certificates pkg-config \
    zlib1g-dev libcurl4-openssl-dev libisal-dev libyaml-dev libxxhash-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY Package.swift ./
COPY Sources Sources
RUN TAILPROOF_PRODUCT=1 swift build -c release --product tailproof --static-swift-stdlib

# The two sections that differ from build to build go, and the symbols with them. Beside the libraries: their licences,
# certificates to verify servers with, and the order in which names are resolved.
RUN mkdir -p /image/etc/ssl/certs \
    && objcopy --strip-all -R .swift_modhash -R .note.gnu.build-id .build/release/tailproof /image/tailproof \
    && ldd /image/tailproof | sed -n 's/^.*=> \(\/[^ ]*\).*$/\1/p; s/^[[:space:]]*\(\/[^ ]*\) (.*$/\1/p' >/libraries \
    && test -s /libraries \
    && while read -r library; do \
        install -D "$library" "/image$library" \
        && for package in $(dpkg -S "*/${library##*/}" | sed 's/:.*//' | sort -u) ca-certificates; do \
            install -D -m 644 "/usr/share/doc/$package/copyright" "/image/usr/share/doc/$package/copyright"; \
        done; \
    done </libraries \
    && cp /etc/ssl/certs/ca-certificates.crt /image/etc/ssl/certs/ \
    && echo 'hosts: files dns' >/image/etc/nsswitch.conf \
    && echo 'tailproof:x:65532:65532::/:/' >/image/etc/passwd \
    && echo 'tailproof:x:65532:' >/image/etc/group \
    && install -d -o 65532 -g 65532 -m 700 /image/var/lib/tailproof

# checkov:skip=CKV_DOCKER_2: images in the OCI format have no HEALTHCHECK; run `tailproof status --live` as a probe
FROM scratch
COPY --from=build /image /
USER 65532:65532
ENTRYPOINT ["/tailproof"]
CMD ["run", "--config", "/etc/tailproof/tailproof.yaml"]
