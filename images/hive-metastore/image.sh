# shellcheck shell=bash disable=SC2034
INPUTS=(images/java hack/lib/artifacts.sh)
VERSIONS=(HIVE_METASTORE_VERSION SPARK_VERSION HADOOP_AWS_VERSION AWS_SDK_VERSION COMMONS_COLLECTIONS_VERSION
  COMMONS_CLI_VERSION COMMONS_IO_VERSION POSTGRESQL_JDBC_VERSION)

prepare() {
  local root=apache-hive-metastore-$HIVE_METASTORE_VERSION-bin home=$1/hive-metastore never
  mkdir -p "$home/lib"
  tar -xzf "$(maven org.apache.hive hive-standalone-metastore "$HIVE_METASTORE_VERSION" tar.gz bin)" -C "$1" \
    --wildcards "$root"/lib/\*.jar "$root"/scripts/metastore/upgrade/postgres "$root"/{LICENSE,NOTICE}
  mv "$1/$root"/lib/*.jar "$home/lib/"
  mv "$1/$root"/{scripts,LICENSE,NOTICE} "$home/"
  rm -rf "${1:?}/$root"
  # never loaded by the server
  for never in aircompressor dropwizard-metrics javolution orc-core orc-shims protobuf-java httpcore-4.4.1 derby; do
    rm "$home/lib/$never"*.jar
  done
  # Spark's Hadoop client and the same S3 jars, so that both see S3 alike
  tar -xzf "$(pyspark)" -C "$home/lib" --strip-components 3 --wildcards \
    "pyspark-$SPARK_VERSION/deps/jars/hadoop-client-api-*.jar" "pyspark-$SPARK_VERSION/deps/jars/hadoop-client-runtime-*.jar"
  cp "$(maven commons-cli commons-cli "$COMMONS_CLI_VERSION")" "$(maven commons-io commons-io "$COMMONS_IO_VERSION")" \
    "$(maven commons-collections commons-collections "$COMMONS_COLLECTIONS_VERSION")" \
    "$(maven org.postgresql postgresql "$POSTGRESQL_JDBC_VERSION")" \
    "$(maven org.apache.hadoop hadoop-aws "$HADOOP_AWS_VERSION")" "$(awssdk)"/*.jar "$home/lib/"
}
