#!/bin/sh
# What check.sh does inside the fresh system: install the package with its dependencies and nothing else, look at what it
# registers, ring a call as an ordinary person, remove it, and look for what it left.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
DESKTOP_ID=app.ringside.desktop.desktop
PERSON=agent
# A person of the rehearsal's address book.
NUMBER=+12025550143

said=$(mktemp)
step() { printf '   %s\n' "$*"; }
# holds WHAT COMMAND...
holds() {
    what=$1
    shift
    if "$@" >"$said" 2>&1; then step "ok   $what"; else
        cat "$said"
        printf '   FAILED   %s: %s\n' "$what" "$*"
        exit 1
    fi
}
# none COMMAND...: true where the command finds nothing.
none() { ! "$@"; }
until_true() {
    turns=$(($1 * 5))
    shift
    until "$@" >/dev/null 2>&1; do
        turns=$((turns - 1))
        [ "$turns" -gt 0 ] || { "$@"; return 1; }
        sleep 0.2
    done
}
install() { apt-get install -qqy --no-install-recommends -o Dpkg::Use-Pty=0 "$@" >/tmp/apt 2>&1 || { cat /tmp/apt; return 1; }; }
ringside() { command ringside --profile rehearsal "$@"; }

# --- as the person, in a desktop session ------------------------------------------------------------------------------

call() {
    cd "$HOME"
    # Their own folders, as on a desk; only the bus, the screen and the keyring are the session's.
    unset XDG_CONFIG_HOME XDG_DATA_HOME XDG_CACHE_HOME XDG_STATE_HOME
    export RINGSIDE_STAGES="$HOME/stages.jsonl"
    ringside-desktop --profile rehearsal --hidden >"$HOME/app.log" 2>&1 &
    app=$!
    # The command would own the profile itself if it came first.
    holds "the app starts" until_true 40 test -S "$XDG_RUNTIME_DIR/ringside-rehearsal/owner"
    opened() { ringside --json status | grep -q '"store":{"kind":"open"'; }
    holds "the command reaches it, and its data is open: the keyring gave the key" until_true 10 opened
    holds "a call rings" ringside ring --from "$NUMBER" --call-id package
    matched() { ringside --json calls --limit 1 | grep -q '"grade":"exact"'; }
    holds "the caller was found, exactly" until_true 10 matched
    painted() { grep -q '"stage":"painted"' "$RINGSIDE_STAGES"; }
    holds "the card was painted" until_true 20 painted
    shown() { xdotool search --onlyvisible --class ringside-desktop; }
    holds "a window is on the screen" until_true 10 shown
    class() { xprop -id "$(shown | head -n1)" WM_CLASS | grep -q "\"$(sed -n 's/^StartupWMClass=//p' /usr/share/applications/$DESKTOP_ID)\""; }
    holds "its class is the desktop file's" class
    sleep 0.5
    import -window root /tmp/card.png
    holds "the call ends" ringside ring --state ended --call-id package
    holds "it is in the list" sh -c 'ringside --profile rehearsal calls --limit 1 | grep -q .'
    # The person's own profile: another app beside the rehearsal's, started by the desktop file.
    holds "a ringside: link is followed" gio open 'ringside:search?q=anna'
    searching() { xdotool search --onlyvisible --name 'earch'; }
    holds "it starts the app, with its search" until_true 20 searching
    holds "that app ends" command ringside quit
    holds "start with the system can be switched on" ringside settings set start_with_system on
    holds "it names the installed program" grep -q '^TryExec=/usr/bin/ringside-desktop$' "$HOME/.config/autostart/ringside-rehearsal.desktop"
    holds "the app ends" ringside quit
    wait "$app" || { cat "$HOME/app.log"; step "FAILED   the app ended badly"; exit 1; }
    holds "nothing of it runs on" until_true 5 none pgrep -u "$(id -u)" ringside
}

if [ "${1:-}" = call ]; then
    call
    exit 0
fi

# --- as root ----------------------------------------------------------------------------------------------------------

chmod 755 /srv "$here"
apt-get update -qq
holds "apt installs the package and what it depends on" install "$here/ringside.deb"
dpkg-query -W -f='        ${Package} ${Version}, ${Installed-Size} KiB installed\n' ringside
dpkg -L ringside | sort >/tmp/files
holds "every library is there" sh -c '! ldd /usr/bin/ringside /usr/bin/ringside-desktop | grep "not found"'
holds "the tray's library can be opened" sh -c 'ldconfig -p | grep -q "libayatana-appindicator3.so.1"'
holds "both programs run" sh -c 'ringside --version && ringside-desktop --version'
holds "the command completes in bash" bash -c 'source /usr/share/bash-completion/completions/ringside && complete -p ringside'

# What a desk has anyway, and what looks.
holds "a desktop to try it on" install xvfb openbox dunst dbus gnome-keyring x11-utils xdotool imagemagick desktop-file-utils \
    appstream libglib2.0-bin procps fonts-dejavu-core
holds "the desktop file is valid" desktop-file-validate "/usr/share/applications/$DESKTOP_ID"
holds "the metadata is valid" appstreamcli validate --no-net /usr/share/metainfo/app.ringside.desktop.metainfo.xml
holds "ringside: links are its own" grep -qx "x-scheme-handler/ringside=$DESKTOP_ID;" /usr/share/applications/mimeinfo.cache
holds "tel: and callto: are left alone" none grep -E 'x-scheme-handler/(tel|callto)=.*ringside' /usr/share/applications/mimeinfo.cache
holds "nothing starts by itself" none ls /etc/xdg/autostart/ringside* /usr/lib/systemd/*/ringside*

useradd --create-home --shell /bin/sh "$PERSON"
su - "$PERSON" -c "LC_ALL=C.UTF-8 sh $here/session.sh sh $here/inside.sh call"
cp /tmp/card.png /srv/card.png

holds "apt removes it" sh -c 'apt-get purge -qqy --autoremove ringside -o Dpkg::Use-Pty=0'
holds "dpkg forgot it" none dpkg-query -W -f='${db:Status-Status}' ringside
left=$(grep -i ringside /tmp/files | while read -r file; do [ ! -e "$file" ] || echo "$file"; done)
holds "no file of the package is left" test -z "$left"
left=$(find / -xdev \( -path /proc -o -path /sys -o -path /srv -o -path /home -o -path /tmp -o -path /var/cache/apt \) -prune -o -iname '*ringside*' -print)
holds "nothing is left outside of the person's home: $left" test -z "$left"
holds "no list of the desktop names it" none grep -r -i ringside /usr/share/applications/mimeinfo.cache
holds "the person's own data is untouched" sh -c "find /home/$PERSON/.local/share -name '*.db' | grep -q ."
holds "what starts with the session is skipped now" sh -c "! command -v \"\$(sed -n 's/^TryExec=//p' /home/$PERSON/.config/autostart/*.desktop)\""
