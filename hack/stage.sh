#!/usr/bin/env bash
# usage: stage.sh NAME COMMAND...   runs the command and says how long it took
set -euo pipefail
name=$1 start=$SECONDS
shift
echo "==== $name" >&2
status=0
"$@" || status=$?
# the tests end with their runner's summary line
[ "$name" = tests ] || echo "==== $name: $((SECONDS - start)) s$([ $status = 0 ] || echo ', failed')" >&2
exit $status
