#!/bin/bash
# metastore | init-schema | wait-schema. hive-site.xml names the password as ${env.NAME}: it stays out of files and of the command line.
set -euo pipefail

options=(-XX:+UseSerialGC "-XX:MaxRAMPercentage=${METASTORE_HEAP_PERCENT:-60}" -XX:+ExitOnOutOfMemoryError
  "-Dlog4j2.configurationFile=$HIVE_CONF_DIR/log4j2.properties")
for package in java.lang java.net java.util java.util.concurrent java.io java.nio; do
  options+=("--add-opens=java.base/$package=ALL-UNNAMED")
done
run() { "$JAVA_HOME/bin/java" "${options[@]}" -cp "$HIVE_CONF_DIR:$METASTORE_HOME/lib/*" "$@"; }
schema_tool() { run org.apache.hadoop.hive.metastore.tools.MetastoreSchemaTool -dbType postgres "$@"; }

wait_database() {
  until (: <"/dev/tcp/$METASTORE_DB_HOST/$METASTORE_DB_PORT") 2>/dev/null; do
    echo "waiting for the database at $METASTORE_DB_HOST:$METASTORE_DB_PORT"
    sleep 1
  done
}

case "${1:-}" in
  metastore) exec "$JAVA_HOME/bin/java" "${options[@]}" -cp "$HIVE_CONF_DIR:$METASTORE_HOME/lib/*" \
    org.apache.hadoop.hive.metastore.HiveMetaStore ;;
  init-schema)
    wait_database
    # -initSchema fails on a database that has one; -info succeeds only on a schema of this version
    if schema_tool -info; then
      echo "the schema is there and current"
    else
      schema_tool -initSchema
    fi
    ;;
  wait-schema)
    # the server exits at once where there is none, and the kubelet is slow to start it again
    wait_database
    until schema_tool -info >/tmp/schema-info 2>&1; do
      echo "waiting for the schema: $(grep -m 1 '^Underlying cause' /tmp/schema-info || tail -n 1 /tmp/schema-info)"
      sleep 2
    done
    ;;
  *)
    echo "usage: metastore | init-schema | wait-schema" >&2
    exit 2
    ;;
esac
