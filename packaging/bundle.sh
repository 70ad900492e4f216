#!/bin/sh
# The packages that are not a .deb, by Tauri's bundler: appimage and rpm on Linux, dmg on macOS, msi on Windows (in Git's bash). Both
# programs have to be built for release; ./dev bundle does that first.
#
#   packaging/bundle.sh KIND...      the packages go to target/package/out
set -eu
[ $# -gt 0 ] || { echo "usage: $0 appimage|rpm|dmg|msi..." >&2; exit 2; }
cd "$(dirname "$0")/.."
stage=target/package
out=$stage/out
built=${CARGO_TARGET_DIR:-target}/release
triple=$(rustc -vV | sed -n 's/^host: //p')
case "$triple" in *windows*) exe=.exe ;; *) exe= ;; esac
export SOURCE_DATE_EPOCH="${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}"

rm -rf "$stage"
mkdir -p "$out"
# The bundler wants the platform in the name, and takes it away again.
cp "$built/ringside$exe" "$stage/ringside-$triple$exe"
for shell in bash zsh fish; do "$built/ringside$exe" completions "$shell" >"$stage/ringside.$shell"; done
"$built/ringside$exe" completions man >"$stage/ringside.1"
node packaging/licences.mjs >"$stage/third-party-licences"
version=$(sed -n '/^\[workspace.package\]/,/^\[/s/^version = "\(.*\)"/\1/p' Cargo.toml)
day=$(node -p 'new Date(process.env.SOURCE_DATE_EPOCH * 1000).toISOString().slice(0, 10)')
# The bundler names the desktop file after the product.
sed "s/@VERSION@/$version/; s/@DATE@/$day/; s/app.ringside.desktop.desktop/Ringside.desktop/" \
    packaging/app.ringside.desktop.metainfo.xml >"$stage/app.ringside.desktop.metainfo.xml"

kinds=$(printf '%s,' "$@")
packaging/node_modules/.bin/tauri bundle --ci --no-sign --no-binary-patching --bundles "${kinds%,}" --config packaging/bundle.json
for kind in "$@"; do
    find "$built/bundle/$kind" -maxdepth 1 -type f \( -name '*.AppImage' -o -name '*.rpm' -o -name '*.dmg' -o -name '*.msi' \) -exec cp {} "$out" \;
done
ls -l "$out"
