#!/bin/sh
# Proves a package where nothing of the builder's machine helps it: a fresh Debian made by mmdebstrap, of the same release and from the
# same mirrors as this machine, thrown away afterwards. packaging/inside.sh is what happens in there.
#
#   packaging/check.sh PACKAGE [PICTURES]      a folder for the picture of the card, target/screens unless named
#
# As root it uses mounts, else user namespaces; without mmdebstrap it says what to install.
set -eu
[ $# -ge 1 ] || { echo "usage: $0 PACKAGE [PICTURES]" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
package=$(readlink -f "$1")
pictures=${2:-$here/../target/screens}

stop() { printf 'check: %s\n' "$*" >&2; exit 1; }
[ -f "$package" ] || stop "there is no package $1"
for program in mmdebstrap apt-get dpkg-deb; do
    command -v "$program" >/dev/null || stop "$program is missing: apt-get install mmdebstrap (on a Debian or Ubuntu machine)"
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/in" "$pictures"
cp "$package" "$work/in/ringside.deb"
cp "$here/inside.sh" "$here/../tests/e2e/session.sh" "$work/in/"
chmod -R a+rX "$work"

# The mirrors, proxies and clocks that this machine is set up with; a release of its own distribution.
suite=$(. /etc/os-release && printf %s "$VERSION_CODENAME")
vendor=$(. /etc/os-release && printf %s "${ID}")
origin=$([ "$vendor" = ubuntu ] && echo Ubuntu || echo Debian)
apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Identifier: Packages' "Origin: $origin" | sort -u >"$work/sources.list"
[ -s "$work/sources.list" ] || stop "apt knows no package lists of $origin here: run apt-get update"
apt-config dump | grep -E '^Acquire::(http|https|Check-[A-Za-z-]+|Retries)' >"$work/apt.conf" || :

mode=$([ "$(id -u)" = 0 ] && echo root || echo unshare)
status=0
mmdebstrap --quiet --mode="$mode" --variant=apt --aptopt="$work/apt.conf" \
    --customize-hook="copy-in $work/in /srv" \
    --customize-hook='chroot "$1" sh /srv/in/inside.sh >&2' \
    --customize-hook="download /srv/card.png $work/card.png" \
    --format=null "$suite" - <"$work/sources.list" || status=$?
[ "$status" = 0 ] || stop "the package did not hold; the last line above says at what"
cp "$work/card.png" "$pictures/package.png"
echo "picture: $pictures/package.png"
