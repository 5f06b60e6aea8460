#!/usr/bin/env bash
# usage: goldens.sh [CASE...]   records anew what the real spark-submit sends for tests/unit/sparkjob/submit (default: every case)
set -euo pipefail
. "$(dirname "$0")/lib/common.sh"
. "$ROOT/hack/lib/tools.sh"
. "$ROOT/hack/lib/artifacts.sh"
. "$ROOT/hack/lib/spark.sh"

ensure_spark
PYTHONPATH=$ROOT/tests exec "$BUILD/venv/bin/python" -m unit.sparkjob.submit.record "$SPARK_HOME" "$@"
