#!/bin/sh
# Tryton (trytond with its party module) on SQLite: JSON-RPC over HTTP, a session after a login. It finds numbers literally or
# by `ilike`, and has no call log in this module.
# READY <rpc url> <user> <password>
set -eu
# shellcheck source=../server.sh
. "$(dirname "$0")/../server.sh"

python_packages 11
user=admin
password=only-for-tests
cat >"$data/trytond.conf" <<CONFIG
[database]
uri = sqlite://
path = $data/db
[web]
listen = 127.0.0.1:$port
[session]
authentications = password
CONFIG
printf '%s\n' "$password" >"$data/password"

# Making the schema costs a quarter of a minute of processor time: it is made once for these packages, and copied.
make_schema() {
    mkdir -p "$made/db"
    rm -f "$made/db/crm.sqlite"
    : >"$made/db/crm.sqlite"
    sed "s|^path = .*|path = $made/db|" "$data/trytond.conf" >"$data/schema.conf"
    run env TRYTONPASSFILE="$data/password" trytond-admin -c "$data/schema.conf" -d crm --all --update party \
        --activate-dependencies --email admin@example.com >"$data/schema.log" 2>&1 ||
        stop "the database could not be made" "look at $data/schema.log"
    mv "$made/db/crm.sqlite" "$made/crm.sqlite"
}
if [ ! -f "$data/db/crm.sqlite" ]; then
    if [ ! -f "$made/crm.sqlite" ]; then
        say "making its database, once"
        make_schema
    fi
    mkdir -p "$data/db"
    cp "$made/crm.sqlite" "$data/db/crm.sqlite"
fi

url=http://127.0.0.1:$port
# -d loads the database before the first request, which otherwise fails.
launch trytond -c "$data/trytond.conf" -d crm >"$data/server.log" 2>&1
wait_for 60 "$data/server.log" --header 'Content-Type: application/json' --data '{"id":1,"method":"common.server.version","params":[]}' "$url/rpc/"
seed "$url/crm/rpc/" "$user" "$password"
ready "$url/crm/rpc/" "$user" "$password"
