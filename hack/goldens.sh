#!/usr/bin/env bash
# usage: goldens.sh [CASE...]   records anew what the real spark-submit sends for tests/unit/sparkjob/submit (default: every case)
set -euo pipefail
. "$(dirname "$0")/lib/common.sh"
. "$ROOT/hack/lib/tools.sh"
. "$ROOT/hack/lib/artifacts.sh"
SPARK=$CACHE/spark-$SPARK_VERSION

unpack_spark() {
  local part=$SPARK.part
  [ ! -e "$SPARK" ] || return 0
  rm -rf "$part"
  mkdir -p "$part"
  tar -xzf "$(pyspark)" -C "$part" --strip-components=2 --wildcards "pyspark-$SPARK_VERSION"/deps/{bin,jars}
  mv "$part" "$SPARK"
}

have java || apt_install default-jre-headless
[ -e "$SPARK" ] || locked spark unpack_spark
PYTHONPATH=$ROOT/tests exec "$BUILD/venv/bin/python" -m unit.sparkjob.submit.record "$SPARK" "$@"
