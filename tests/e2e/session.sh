#!/bin/sh
# A desktop of one's own: runs a command with a private D-Bus, keyring, screen, window manager and notification daemon, in
# private folders, and leaves nothing behind. Nothing of the person's own session is reached, and none of their programs
# is started: the private bus can't activate services.
#
#   tests/e2e/session.sh COMMAND [ARGUMENT...]
#
#   RINGSIDE_SCREEN=1600x1000x24   the screen; `none` for a bus and a keyring only
#   RINGSIDE_KEYRING=locked        leaves the secret store out: nothing answers for it until somebody starts one
#
# The command sees RINGSIDE_DESKTOP_SESSION=1, and RINGSIDE_KEYRING_PASSWORD, with which the keyring was opened.
set -eu

[ $# -gt 0 ] || { echo "usage: $0 COMMAND [ARGUMENT...]" >&2; exit 2; }

started=''
finish() {
    trap - EXIT INT TERM HUP
    # Backwards: whoever came last leaves first, the bus and the screen at the end.
    for process in $started; do
        kill "$process" 2>/dev/null || :
        wait "$process" 2>/dev/null || :
    done
    rm -rf "$RINGSIDE_SESSION"
}
# Socket paths have to stay under 100 bytes: the folder is made where temporary files are, not deeper.
RINGSIDE_SESSION=$(mktemp -d -t ringside.XXXXXX)
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

export RINGSIDE_SESSION RINGSIDE_KEYRING_PASSWORD=only-for-this-session
export XDG_RUNTIME_DIR="$RINGSIDE_SESSION/run"
export XDG_CONFIG_HOME="$RINGSIDE_SESSION/config" XDG_DATA_HOME="$RINGSIDE_SESSION/data"
export XDG_CACHE_HOME="$RINGSIDE_SESSION/cache" XDG_STATE_HOME="$RINGSIDE_SESSION/state"
# No accessibility bus and no portals are there to wait for; X11 is what the virtual screen speaks.
export NO_AT_BRIDGE=1 GTK_A11Y=none GDK_BACKEND=x11 GSETTINGS_BACKEND=memory
unset DBUS_SESSION_BUS_ADDRESS DISPLAY WAYLAND_DISPLAY XAUTHORITY GNOME_KEYRING_CONTROL SSH_AUTH_SOCK DESKTOP_SESSION || :
mkdir -m 700 "$XDG_RUNTIME_DIR"

# wait_for SECONDS WHAT COMMAND...: polls ten times a second.
wait_for() {
    turns=$(($1 * 10)) what=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        turns=$((turns - 1))
        if [ "$turns" -le 0 ]; then
            echo "session: $what did not come up" >&2
            for log in "$RINGSIDE_SESSION"/*.log; do
                [ -s "$log" ] && sed "s|^|  $(basename "$log"): |" "$log" >&2
            done
            exit 70
        fi
        sleep 0.1
    done
}

owned() {
    dbus-send --session --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.GetNameOwner "string:$1"
}

# The session's own bus. It knows no service files, so nothing is started behind anybody's back.
cat > "$RINGSIDE_SESSION/bus.conf" <<CONFIG
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <keep_umask/>
  <listen>unix:path=$XDG_RUNTIME_DIR/bus</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
CONFIG
dbus-daemon --config-file="$RINGSIDE_SESSION/bus.conf" --nofork --nopidfile >"$RINGSIDE_SESSION/bus.log" 2>&1 &
started="$! $started"
export DBUS_SESSION_BUS_ADDRESS="unix:path=$XDG_RUNTIME_DIR/bus"
wait_for 15 "the message bus" owned org.freedesktop.DBus

screen=${RINGSIDE_SCREEN:-1280x800x24}
if [ "$screen" != none ]; then
    # The X server picks a free display itself and writes its number.
    Xvfb -displayfd 3 -screen 0 "$screen" -nolisten tcp -noreset 3>"$RINGSIDE_SESSION/display" \
        >"$RINGSIDE_SESSION/xvfb.log" 2>&1 &
    started="$! $started"
    wait_for 15 "the virtual screen" test -s "$RINGSIDE_SESSION/display"
    DISPLAY=":$(cat "$RINGSIDE_SESSION/display")"
    export DISPLAY
fi

if [ "${RINGSIDE_KEYRING:-open}" = open ]; then
    printf %s "$RINGSIDE_KEYRING_PASSWORD" |
        gnome-keyring-daemon --foreground --unlock --components=secrets >"$RINGSIDE_SESSION/keyring.log" 2>&1 &
    started="$! $started"
    wait_for 15 "the keyring" owned org.freedesktop.secrets
fi

if [ "$screen" != none ]; then
    openbox --sm-disable >"$RINGSIDE_SESSION/openbox.log" 2>&1 &
    started="$! $started"
    # Notifications stay away from the corner where the card stands, as they do on GNOME and KDE.
    mkdir -p "$XDG_CONFIG_HOME/dunst"
    printf '[global]\norigin = bottom-right\nfont = DejaVu Sans 10\nwidth = 360\nnotification_limit = 3\n' >"$XDG_CONFIG_HOME/dunst/dunstrc"
    dunst >"$RINGSIDE_SESSION/dunst.log" 2>&1 &
    started="$! $started"
    wait_for 15 "the window manager" xprop -root _NET_SUPPORTING_WM_CHECK
    wait_for 15 "the notification daemon" owned org.freedesktop.Notifications
fi

export RINGSIDE_DESKTOP_SESSION=1
# In the background and waited for, so that a signal ends the session now and not when the command is done.
exec 4<&0
"$@" <&4 &
command=$!
started="$command $started"
status=0
wait "$command" || status=$?
exit "$status"
