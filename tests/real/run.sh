#!/bin/sh
# A command beside a real server, which runs in a folder of its own, on free ports, and ends with the command.
#
#   tests/real/run.sh NAME COMMAND [ARGUMENT...]
#
# The command sees RINGSIDE_REAL="NAME url credential…": the words of the server's READY line (README.md).
set -eu

here=$(cd "$(dirname "$0")" && pwd)
[ $# -gt 1 ] || { echo "usage: $0 NAME COMMAND [ARGUMENT...]" >&2; exit 2; }
name=$1
shift
[ -x "$here/$name/start.sh" ] || { echo "There is no real server \"$name\"." >&2; exit 2; }

folder=$(mktemp -d -t ringside.XXXXXX)
# A database server that gives up root has to get through.
chmod 711 "$folder"
server='' command=''
finish() {
    trap - EXIT INT TERM HUP
    for process in $command $server; do
        kill "$process" 2>/dev/null || :
        wait "$process" 2>/dev/null || :
    done
    rm -rf "$folder"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

: >"$folder/said"
port=$(node "$here/port.mjs")
# One line, READY, ends what start.sh says; all else it says goes to the person.
"$here/$name/start.sh" "$port" "$folder/data" >"$folder/said" &
server=$!
until grep -q '^READY ' "$folder/said"; do
    if ! kill -0 "$server" 2>/dev/null; then
        echo "The server $name did not start; its words are above." >&2
        exit 70
    fi
    sleep 0.1
done
RINGSIDE_REAL="$name $(sed -n 's/^READY //p' "$folder/said")"
export RINGSIDE_REAL

# In the background and waited for, so that a signal ends it now.
exec 4<&0
"$@" <&4 &
command=$!
status=0
wait "$command" || status=$?
command=''
exit "$status"
