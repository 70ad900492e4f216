#!/bin/sh
# Lays out what an installed Ringside is made of and makes a Debian package of it: the shell, the command line, and what a desktop
# wants to know of them. docs/decisions/0007-packages.md says why this is not left to Tauri's bundler.
#
#   packaging/deb.sh PROGRAMS OUT      folder with both programs; folder for the package. Prints the package's path
#
#   RINGSIDE_XZ=1      packs faster and larger: for trying the packaging itself
#
# The same commit and compiler make the same bytes: times are the commit's, owners are root, names are sorted.
set -eu
[ $# = 2 ] || { echo "usage: $0 PROGRAMS OUT" >&2; exit 2; }
programs=$(cd "$1" && pwd)
mkdir -p "$2"
out=$(cd "$2" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/.." && pwd)
cd "$root"
umask 022

stop() { printf 'deb: %s\n' "$*" >&2; exit 1; }
for program in ringside ringside-desktop; do
    [ -x "$programs/$program" ] || stop "$programs has no $program: build it first"
done

SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
export SOURCE_DATE_EPOCH LC_ALL=C TZ=UTC
arch=$(dpkg --print-architecture)
number=$(sed -n '/^\[workspace.package\]/,/^\[/s/^version = "\(.*\)"/\1/p' Cargo.toml)
[ -n "$number" ] || stop "Cargo.toml names no version"
# What is no tagged release sorts before the release it becomes.
if git describe --exact-match --match "v$number" HEAD >/dev/null 2>&1; then
    version=$number
else
    version="$number~$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y%m%d%H%M).$(git rev-parse --short=8 HEAD)"
fi
[ -z "$(git status --porcelain -- Cargo.lock Cargo.toml crates connectors src-tauri ui packaging)" ] || version="$version+changed"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tree="$work/ringside"
share="$tree/usr/share"

# put FILE PLACE [MODE]
put() { install -D -m "${3:-644}" "$1" "$tree/$2"; }
# zipped FILE: without the name and time that gzip would keep.
zipped() { gzip -9n "$1"; }

for program in ringside ringside-desktop; do
    put "$programs/$program" "usr/bin/$program" 755
    strip --strip-unneeded --remove-section=.comment --remove-section=.note "$tree/usr/bin/$program"
done
put packaging/app.ringside.desktop.desktop usr/share/applications/app.ringside.desktop.desktop
for size in 16 22 24 32 48 64 128 256 512; do
    put "src-tauri/icons/$size.png" "usr/share/icons/hicolor/${size}x$size/apps/ringside-desktop.png"
done
put src-tauri/icons/ringside.svg usr/share/icons/hicolor/scalable/apps/ringside-desktop.svg
put src-tauri/icons/ringside-symbolic.svg usr/share/icons/hicolor/symbolic/apps/ringside-desktop-symbolic.svg
mkdir -p "$share/metainfo"
sed "s/@VERSION@/$version/; s/@DATE@/$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%d)/" packaging/app.ringside.desktop.metainfo.xml \
    >"$share/metainfo/app.ringside.desktop.metainfo.xml"

doc="$share/doc/ringside"
mkdir -p "$doc"
cat packaging/copyright >"$doc/copyright"
put CHANGELOG.md usr/share/doc/ringside/changelog
zipped "$doc/changelog"
put docs/connector-guide.md usr/share/doc/ringside/connector-guide.md
printf 'ringside (%s) unstable; urgency=medium\n\n  * See changelog.gz.\n\n -- The Ringside authors <ringside@localhost>  %s\n' \
    "$version" "$(date -u -R -d "@$SOURCE_DATE_EPOCH")" >"$doc/changelog.Debian"
zipped "$doc/changelog.Debian"
# Who wrote what is compiled in, and under which words: their licences ask for that.
node packaging/licences.mjs >"$doc/third-party-licences"
zipped "$doc/third-party-licences"

# The program's own words, in the three shells and as a manual page.
mkdir -p "$share/bash-completion/completions" "$share/zsh/vendor-completions" "$share/fish/vendor_completions.d" "$share/man/man1"
"$programs/ringside" completions bash >"$share/bash-completion/completions/ringside"
"$programs/ringside" completions zsh >"$share/zsh/vendor-completions/_ringside"
"$programs/ringside" completions fish >"$share/fish/vendor_completions.d/ringside.fish"
"$programs/ringside" completions man >"$share/man/man1/ringside.1"
zipped "$share/man/man1/ringside.1"

# Libraries that are linked are found; the tray's is opened by name at run time, and nothing finds that.
mkdir -p "$work/debian"
printf 'Source: ringside\n\nPackage: ringside\nArchitecture: any\n' >"$work/debian/control"
linked=$(cd "$work" && dpkg-shlibdeps -O ringside/usr/bin/ringside-desktop ringside/usr/bin/ringside 2>"$work/shlibdeps") ||
    { cat "$work/shlibdeps" >&2; stop "the libraries the programs need could not be found"; }
linked=${linked#shlibs:Depends=}

mkdir -p "$tree/DEBIAN"
cat >"$tree/DEBIAN/control" <<CONTROL
Package: ringside
Version: $version
Architecture: $arch
Maintainer: The Ringside authors <ringside@localhost>
Installed-Size: $(du -sk --apparent-size "$tree/usr" | cut -f1)
Depends: $linked, libayatana-appindicator3-1, ca-certificates, hicolor-icon-theme, xdg-utils
Recommends: gnome-keyring | kwalletmanager | keepassxc, libglib2.0-bin, librsvg2-common
Suggests: gnome-shell-extension-appindicator
Section: comm
Priority: optional
Description: shows who is calling, out of all your CRMs at once
 When the phone rings, Ringside shows who is calling: it asks every connected
 CRM at the same time, compares the numbers itself, and says how sure it is and
 why. Search by name, create the contact in the card, and when the call ends it
 is logged on the person you chose.
 .
 The package holds the desktop app and the command "ringside" for phones and
 scripts. Secrets lie in the keyring of the desktop: one has to be running.
CONTROL
(cd "$tree" && find usr -type f -print0 | sort -z | xargs -0 md5sum) >"$tree/DEBIAN/md5sums"

find "$tree" -print0 | xargs -0 touch --no-dereference --date="@$SOURCE_DATE_EPOCH"
package="$out/ringside_${version}_$arch.deb"
dpkg-deb --root-owner-group -Zxz -z"${RINGSIDE_XZ:-6}" --build "$tree" "$package" >/dev/null
printf '%s\n' "$package"
