#!/bin/sh
# BottleCRM (on PyPI: django-crm) on PostgreSQL, without Redis. It refuses extensions, and finds a number by its E.164 form with
# POST contacts/duplicates/.
# READY <api url> <token>      the token lasts an hour; the database listens on PORT+1000
#
# Its migrations take minutes of processor time. The finished schema is kept as a dump, and later starts take seconds.
set -eu
# shellcheck source=../server.sh
. "$(dirname "$0")/../server.sh"

postgres=''
for folder in /usr/lib/postgresql/*/bin; do [ ! -x "$folder/initdb" ] || postgres=$folder; done
[ -n "$postgres" ] || postgres=$(dirname "$(command -v initdb || echo /none/initdb)")
[ -x "$postgres/initdb" ] || stop "PostgreSQL is missing" "on Debian and Ubuntu: apt-get install postgresql"
python_packages 12

database=$((port + 1000))
# PostgreSQL refuses to run as root.
as() { if [ "$(id -u)" = 0 ]; then launch setpriv --reuid=postgres --regid=postgres --clear-groups "$@"; else launch "$@"; fi; }
if [ ! -f "$data/pg/made" ]; then
    rm -rf "$data/pg"
    mkdir "$data/pg"
    [ "$(id -u)" != 0 ] || chown postgres "$data/pg"
    as "$postgres/initdb" -D "$data/pg/data" -A trust -U boss -E UTF8 --no-locale >"$data/initdb.log" 2>&1
    wait "$launched" || stop "initdb failed" "look at $data/initdb.log; can the user postgres enter $data?"
    forget "$launched"
    : >"$data/pg/made"
fi
as "$postgres/postgres" -D "$data/pg/data" -p "$database" -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off \
    >"$data/postgres.log" 2>&1
turns=200
until "$postgres/pg_isready" -q -h 127.0.0.1 -p "$database"; do
    turns=$((turns - 1))
    [ "$turns" -gt 0 ] && kill -0 "$launched" 2>/dev/null || stop "PostgreSQL did not come up" "look at $data/postgres.log"
    sleep 0.1
done

export DBNAME=crm DBUSER=crm DBPASSWORD=crm DBHOST=127.0.0.1 DBPORT="$database" PGPASSWORD=crm
export ENV_TYPE=dev DEBUG=True DJANGO_SETTINGS_MODULE=crm.settings SECRET_KEY=only-for-tests-only-for-tests-only-for-tests
# Without a broker every create would be saved but answered 500.
export CELERY_BROKER_URL=memory:// CELERY_RESULT_BACKEND=cache+memory://
psql() { "$postgres/psql" --quiet --no-psqlrc --set ON_ERROR_STOP=1 -h 127.0.0.1 -p "$database" "$@"; }
cd "$data"
dump=$made/schema.sql
if [ ! -f migrated ]; then
    psql -U boss -c 'drop database if exists crm' -c 'drop role if exists crm' postgres >psql.log 2>&1
    # No superuser: tenants are kept apart by row-level security, which superusers escape.
    psql -U boss -c "create role crm login password 'crm'" -c 'create database crm owner crm' postgres
    if [ ! -f "$dump" ]; then
        say "making its database, once; this takes minutes"
        run "$python" -m django migrate -v0 >migrate.log 2>&1 || stop "the migrations failed" "look at $data/migrate.log"
        run "$postgres/pg_dump" -h 127.0.0.1 -p "$database" -U boss --file "$dump.new" crm || stop "the database could not be dumped"
        mv "$dump.new" "$dump"
    else
        psql -U boss --file "$dump" crm >load.log 2>&1 || stop "the kept schema could not be loaded" "remove $dump, and run this again"
    fi
    run "$python" "$here/account.py" >account.log 2>&1 || stop "the account could not be made" "look at $data/account.log"
    : >migrated
fi
run "$python" -m django devlogin admin@example.com --org 'Test Org' >login 2>login.log || stop "nobody could be logged in" "look at $data/login.log"
token=$(sed -n 's/^access_token: *//p' login)
[ -n "$token" ] || stop "the login gave no token"

url=http://127.0.0.1:$port/api
launch "$made/bin/uvicorn" crm.asgi:application --host 127.0.0.1 --port "$port" --log-level warning >server.log 2>&1
wait_for 60 "$data/server.log" --header "Authorization: Bearer $token" "$url/contacts/"
seed "$url/contacts/" "$token"
ready "$url" "$token"
