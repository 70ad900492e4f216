#!/bin/sh
# amagi-crm: a small CRM with a REST API on SQLite, Bearer token. Its search is a substring of the stored text.
# READY <api url> <token>
set -eu
# shellcheck source=../server.sh
. "$(dirname "$0")/../server.sh"

python_packages 11
cd "$data"
if [ ! -f token ]; then
    # It shows the token once, between words for people.
    run amagi-crm --env-file "$data/.env" init </dev/null >init.log 2>&1 || stop "it could not be set up" "look at $data/init.log"
    grep -o 'acrm_[A-Za-z0-9_-]*' init.log | head -n1 >token.new
    rm init.log
    mv token.new token
fi
url=http://127.0.0.1:$port
launch amagi-crm --env-file "$data/.env" serve --host 127.0.0.1 --port "$port" >server.log 2>&1
wait_for 60 "$data/server.log" "$url/healthz"
seed "$url/api/contacts" "$(cat token)"
ready "$url/api" "$(cat token)"
