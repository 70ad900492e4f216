#!/bin/sh
# backlot: an emulator of HubSpot's CRM v3, for reading only: list, read, batch read, search, v4 associations. Its authors
# measured HubSpot's errors and token rules. It can't create, change or log (405).
# READY <base url, under which /crm/v3 lies> <token>
set -eu
# shellcheck source=../server.sh
. "$(dirname "$0")/../server.sh"

python_packages 11
# It reports its use to its authors unless told not to; tests are nobody's use.
export DO_NOT_TRACK=1
token=admin-service-token
url=http://127.0.0.1:$port/hubspot
if [ ! -f "$data/seeded" ]; then
    rm -rf "$data/corpus"
    # It only reads: people come in as files, before it starts.
    run env PYTHONPATH="$here/.." "$python" "$here/seed.py" >"$data/people.jsonl" || stop "the people could not be written"
    run backlot import --data-dir "$data/corpus" "$data/people.jsonl" >"$data/import.log" 2>&1 ||
        stop "the people could not be imported" "look at $data/import.log"
    : >"$data/seeded"
fi
BACKLOT_DATA_DIR=$data/corpus
export BACKLOT_DATA_DIR
launch backlot serve --host 127.0.0.1 --port "$port" --log-level warning --disable-telemetry >"$data/server.log" 2>&1
wait_for 60 "$data/server.log" --header "Authorization: Bearer $token" "$url/crm/v3/objects/contacts?limit=1"
ready "$url" "$token"
