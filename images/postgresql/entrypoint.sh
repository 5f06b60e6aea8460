#!/bin/bash
# First start: a cluster with POSTGRES_USER, its password of POSTGRES_PASSWORD and its database POSTGRES_DB; then the server.
# The superuser has no password, so nobody can log in as it. No secret is ever an argument.
set -euo pipefail

sql_quote() { printf "%s" "${1//\'/\'\'}"; }

initialise() {
  local new=$PGDATA.new role=${POSTGRES_USER//\"/\"\"} database=${POSTGRES_DB//\"/\"\"}
  rm -rf "$new"
  initdb -D "$new" -U postgres -E UTF8 --locale=C.UTF-8 --auth=scram-sha-256 --no-instructions --pwfile=<(head -c 32 /dev/urandom | base64)
  echo 'host all all all scram-sha-256' >>"$new/pg_hba.conf"
  # single-user mode: one statement a line, from standard input
  postgres --single -D "$new" postgres >/dev/null <<EOF
CREATE ROLE "$role" LOGIN PASSWORD '$(sql_quote "$POSTGRES_PASSWORD")'
CREATE DATABASE "$database" OWNER "$role"
ALTER ROLE postgres PASSWORD NULL
EOF
  # renamed only when it is whole: a start that was cut short begins anew
  mv "$new" "$PGDATA"
}

if [ ! -s "$PGDATA/PG_VERSION" ]; then
  : "${POSTGRES_USER:?is needed at the first start}" "${POSTGRES_PASSWORD:?is needed at the first start}"
  : "${POSTGRES_DB:=$POSTGRES_USER}"
  initialise
fi
unset POSTGRES_PASSWORD
exec postgres -D "$PGDATA" -c listen_addresses='*' -c unix_socket_directories=/run/postgresql -c jit=off
