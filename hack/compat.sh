#!/usr/bin/env bash
# usage: compat.sh [ARGUMENT...]   compares Sail with Spark; writes operator/emberlake/sail/verified.json and docs/reference/engines.md
set -euo pipefail
. "$(dirname "$0")/lib/common.sh"
. "$ROOT/hack/lib/tools.sh"
. "$ROOT/hack/lib/artifacts.sh"
. "$ROOT/hack/lib/spark.sh"

ensure_spark
ensure_pyspark
PYTHONPATH=$ROOT/tests exec "$BUILD/venv/bin/python" -m compat --spark-home "$SPARK_HOME" \
  --spark-python "$SPARK_PYTHON:$(echo "$SPARK_PYTHON"/lib/py4j-*-src.zip)" "$@"
