# What every start.sh here shares: the arguments, the cache of installed packages, and an end that leaves nothing running.
# Sourced, not run. The contract of the scripts is in README.md.
#
#   $port $data    the arguments;  $here  the script's folder;  $people  the people to seed
#   $store         a folder that outlives the run, for what takes long to make
set -eu

name=$(basename "$(cd "$(dirname "$0")" && pwd)")

say() { printf '%s: %s\n' "$name" "$*" >&2; }
# stop WHAT NEXT: what went wrong, and what to do about it.
stop() {
    say "$1"
    [ $# -lt 2 ] || say "next: $2"
    exit 1
}
has() { command -v "$1" >/dev/null 2>&1; }

[ $# = 2 ] || stop "two arguments are needed: PORT DATADIR"
case $1 in '' | *[!0-9]*) stop "\"$1\" is no port" "a number from 1024 to 65000" ;; esac
port=$1
mkdir -p "$2"
data=$(cd "$2" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
people=$here/../people.tsv
store=${XDG_CACHE_HOME:-$HOME/.cache}/ringside/real/$name
mkdir -p "$store"
# Proxies are for the package registries. Nobody asks one for the loopback.
export NO_PROXY=127.0.0.1 no_proxy=127.0.0.1 PYTHONDONTWRITEBYTECODE=1 PYTHONUTF8=1

for tool in curl setsid flock; do
    has "$tool" || stop "$tool is missing" "install curl and util-linux"
done

# --- processes ------------------------------------------------------------------------------------------------------

groups=''

# launch COMMAND...: starts it as the leader of a process group of its own, so that its children can be ended with it. The
# shell waits for no command in the foreground, because it would not hear TERM meanwhile. Sets $launched.
launch() {
    setsid "$@" &
    launched=$!
    groups="$launched $groups"
}

# run COMMAND...: launches and waits; its exit status.
run() {
    launch "$@"
    status=0
    wait "$launched" || status=$?
    forget "$launched"
    return "$status"
}

forget() {
    rest=''
    for group in $groups; do [ "$group" = "$1" ] || rest="$rest $group"; done
    groups=$rest
}

# Backwards: whoever came last leaves first. Five seconds to leave by itself.
finish() {
    trap - EXIT INT TERM HUP
    for group in $groups; do
        kill -TERM "-$group" 2>/dev/null || continue
        turns=50
        while [ "$turns" -gt 0 ] && kill -0 "-$group" 2>/dev/null; do
            sleep 0.1
            turns=$((turns - 1))
        done
        kill -KILL "-$group" 2>/dev/null || :
    done
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# wait_for SECONDS LOG CURL_ARGUMENT...: until the server that was launched last answers with a success.
wait_for() {
    turns=$(($1 * 10)) log=$2
    shift 2
    until curl --silent --fail --max-time 10 --output /dev/null "$@"; do
        turns=$((turns - 1))
        if [ "$turns" -le 0 ] || ! kill -0 "$launched" 2>/dev/null; then
            [ ! -s "$log" ] || tail -n 20 "$log" >&2
            stop "the server did not come up" "its last words are above; all of them in $log"
        fi
        sleep 0.1
    done
}

# seed ARGUMENT...: runs the folder's seed.py beside the running server, once for this data folder.
seed() {
    [ ! -f "$data/seeded" ] || return 0
    server=$launched
    run env PYTHONPATH="$here/.." "$python" "$here/seed.py" "$@" >&2 || stop "the people could not be seeded" "look at the message above"
    launched=$server
    : >"$data/seeded"
}

# ready URL CREDENTIAL...: tells it, and stays until the server ends or a signal comes.
ready() {
    printf 'READY %s\n' "$*"
    wait "$launched" || :
    stop "the server ended by itself" "its last words are in $data"
}

# --- packages -------------------------------------------------------------------------------------------------------

# install KEY COMMAND...: makes $store/KEY with the command, which gets that folder as its last argument, unless it is there
# and whole. Two runs at once don't get into each other's way, and folders of other keys are removed.
install() {
    made=$store/$1
    shift
    exec 9>"$store/lock"
    flock 9
    if [ ! -f "$made/complete" ]; then
        say "installing its packages, once"
        for other in "$store"/packages-*; do [ ! -d "$other" ] || rm -rf "$other"; done
        mkdir -p "$made"
        "$@" "$made" || stop "its packages could not be installed" "look at the message above; is the package registry reachable?"
        : >"$made/complete"
    fi
    exec 9>&-
}

# What the folder is made of, as a name: the text of files and other words.
key() { printf 'packages-%s' "$(cksum | tr ' ' -)"; }

# python_packages MINOR: the environment with exactly what requirements.lock says, for Python 3.MINOR or later. Sets $python.
python_packages() {
    find_python "$1"
    install "$({ cat "$here/requirements.lock"; "$found" -c 'import sys; print(sys.version, sys.prefix)'; } | key)" make_environment
    python=$made/bin/python
    PATH=$made/bin:$PATH
}

find_python() {
    for found in ${PYTHON:-} python3 python3.15 python3.14 python3.13 python3.12 \
        "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.1[2-9]*/bin/python; do
        ! "$found" -c "import sys; sys.exit(sys.version_info < (3, $1))" 2>/dev/null || return 0
    done
    stop "it needs Python 3.$1 or later" "install one, or say where it is: PYTHON=/path/to/python3"
}

make_environment() {
    run "$found" -m venv --clear "$1" >&2 || stop "Python can't make an environment" "on Debian and Ubuntu: apt-get install python3-venv"
    run "$1/bin/pip" install --quiet --disable-pip-version-check --no-deps --require-hashes --requirement "$here/requirements.lock" >&2
}
