#!/bin/bash
# `make manifests`: every folder of deploy/ is rendered without a warning, held against the schemas of Kubernetes, and
# scanned; the Dockerfile is scanned, too. Needs kubectl 1.27 or kustomize 5. The two checkers come from PyPI, into .build.
set -euo pipefail
cd "$(dirname "$0")/../.."
tools=$PWD/.build/manifests
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

Tests/Scripts/install-packages.sh python3 python3-venv
if [ ! -x "$tools/bin/checkov" ] || [ ! -x "$tools/bin/kubernetes-validate" ]; then
    python3 -m venv "$tools"
    "$tools/bin/pip" install --quiet --disable-pip-version-check checkov==3.3.30 kubernetes-validate
fi
render() {
    if command -v kustomize >/dev/null; then kustomize build "$1"; else kubectl kustomize "$1"; fi
}

for folder in sidecar sidecar-deployment daemonset elasticsearch try; do
    render "deploy/$folder" >"$out/$folder.yaml" 2>"$out/warnings"
    if [ -s "$out/warnings" ]; then
        cat "$out/warnings" >&2
        exit 1
    fi
    for version in 1.29 1.30 1.31 1.32 1.33; do
        "$tools/bin/kubernetes-validate" --quiet --strict --kubernetes-version "$version" "$out/$folder.yaml"
    done
done
rm "$out/warnings"
"$tools/bin/checkov" --directory "$out" --framework kubernetes --compact --quiet --skip-download
"$tools/bin/checkov" --file Dockerfile --framework dockerfile --compact --quiet --skip-download
echo "manifests: $(ls "$out" | wc -l) folders rendered, valid from 1.29 to 1.33, nothing found"
