#!/bin/sh
# What Ringside is made of, for those who have to know when a hole is found: CycloneDX, one file for the crates of each program, one for
# the packages that the page is built with and of.
#
#   packaging/sbom.sh OUT      needs cargo-cyclonedx; npm brings its own
set -eu
mkdir -p "$1"
out=$(cd "$1" && pwd)
cd "$(dirname "$0")/.."
export SOURCE_DATE_EPOCH="${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}"
cargo cyclonedx --format json --spec-version 1.5 --target all --override-filename sbom --quiet
mv sbom.json "$out/ringside-desktop.cdx.json"
mv crates/cli/sbom.json "$out/ringside.cdx.json"
# One is written for every crate of the workspace; the two programs' hold them all.
find . -name sbom.json -not -path './target/*' -not -path '*/node_modules/*' -delete
(cd ui && npm sbom --sbom-format=cyclonedx --package-lock-only) >"$out/ringside-ui.cdx.json"
