#!/bin/sh
# RingCentral's App Connect server, as published on npm, with two connectors of ours to a CRM of ours (crm.mjs, on PORT+1).
# The OAuth platform's redirect is fixed, as it is everywhere: http://127.0.0.1:PORT+2/redirect, where the client has to listen.
# READY <server url> fictionKey <api key> fictionOAuth <crm url>
#
# RINGSIDE_CONNECTORS=FILE serves other connectors; RINGSIDE_PIDS=FILE gets the server's process id. Both are for ./dev bench peer.
set -eu
# shellcheck source=../server.sh
. "$(dirname "$0")/../server.sh"

has node && has npm || stop "Node.js is missing" "install Node.js 20 or later, with npm"

# `sqlite3` fetches a built binary, or builds itself with a compiler, Python and Node's headers where that can't be had. Headers that are
# installed with Node are used, others fetched.
packages() {
    cp "$here/package.json" "$here/package-lock.json" "$1"
    headers=$(node -p 'require("node:path").resolve(process.execPath, "../..")')
    [ ! -f "$headers/include/node/node.h" ] || { npm_config_nodedir=$headers; export npm_config_nodedir; }
    run npm ci --prefix "$1" --no-audit --no-fund --fetch-retries=1 --loglevel=error >&2
}
install "$({ cat "$here/package-lock.json"; node --version; } | key)" packages

crm=http://127.0.0.1:$((port + 1))
redirect=http://127.0.0.1:$((port + 2))/redirect
launch node "$here/crm.mjs" "$((port + 1))" "$people" "$redirect" >"$data/crm.log" 2>&1
wait_for 10 "$data/crm.log" "$crm/_control"
# The CRM forgets at its end, so the server must not remember more than it.
rm -f "$data/server.sqlite"
RINGSIDE_NODE_PACKAGES=$made
export RINGSIDE_NODE_PACKAGES
launch node "$here/server.mjs" "$port" "$data/server.sqlite" "$crm" "${RINGSIDE_CONNECTORS:-$here/connectors.mjs}" "$redirect" >"$data/server.log" 2>&1
[ -z "${RINGSIDE_PIDS:-}" ] || printf '%s\n' "$launched" >"$RINGSIDE_PIDS"
wait_for 60 "$data/server.log" "http://127.0.0.1:$port/isAlive"
ready "http://127.0.0.1:$port" fictionKey only-for-tests fictionOAuth "$crm"
