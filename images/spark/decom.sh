#!/bin/bash
# preStop of an executor (spark.kubernetes.decommission.script): SIGPWR makes it move its blocks; wait until it is gone.
set -euo pipefail
pid=$(pgrep -o java)
kill -s PWR "$pid"
while kill -0 "$pid" 2>/dev/null; do sleep 1; done
