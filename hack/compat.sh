#!/usr/bin/env bash
# usage: compat.sh [gateway|lake|shown] [ARGUMENT...]   compares Sail with Spark; writes operator/emberlake/sail/verified.json
# and docs/reference/engines.md. With lake: the reads of Iceberg tables on the installed platform, else all the rest.
# With gateway: also the gateway of a job before Sail; writes tests/compat/gateway.json and the page.
# With shown: writes what Spark prints for show() to tests/unit/sail/shown.jsonl.
set -euo pipefail
. "$(dirname "$0")/lib/common.sh"
. "$ROOT/hack/lib/tools.sh"
. "$ROOT/hack/lib/artifacts.sh"
. "$ROOT/hack/lib/spark.sh"

ensure_spark
ensure_pyspark
module=compat arguments=()
if [[ ${1:-} =~ ^(gateway|shown)$ ]]; then
  module=compat.$1
  shift
elif [ "${1:-}" = lake ]; then
  shift
  module=compat.lake
  mapfile -t jars < <(find "$(awssdk)" -name '*.jar' -regextype posix-extended ! -regex '.*/(netty-(buffer|c|h|r|t)|slf4j|commons|http(client|core)-[0-9]).*')
  arguments=(--jars "$(maven org.apache.iceberg iceberg-spark-runtime-4.1_2.13 "$ICEBERG_VERSION")" "${jars[@]}")
fi
PYTHONPATH=$ROOT/tests exec "$BUILD/venv/bin/python" -m "$module" --spark-home "$SPARK_HOME" \
  --spark-python "$SPARK_PYTHON:$(echo "$SPARK_PYTHON"/lib/py4j-*-src.zip)" "${arguments[@]}" "$@"
