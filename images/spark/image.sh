# shellcheck shell=bash disable=SC2034
INPUTS=(images/java jobs/emberlake_spark hack/lib/artifacts.sh)
VERSIONS=(SPARK_VERSION SPARK_AVRO_VERSION ICEBERG_VERSION HADOOP_AWS_VERSION AWS_SDK_VERSION PIP_VERSION)

prepare() {
  local spark=$1/spark jar name
  mkdir -p "$spark/python/lib"
  tar -xzf "$(pyspark)" -C "$1" --wildcards "pyspark-$SPARK_VERSION"/{deps/jars,deps/bin,deps/sbin,lib}
  mv "$1/pyspark-$SPARK_VERSION"/deps/{jars,bin,sbin} "$spark/"
  mv "$1/pyspark-$SPARK_VERSION"/lib/*.zip "$spark/python/lib/"
  rm -rf "$1/pyspark-$SPARK_VERSION" "$spark"/bin/*.cmd "$spark/jars/connect-repl"
  find "$spark/jars" -regextype posix-extended -regex '.*(osx|windows|aarch_64|riscv64|macos|s390|ppc64le).*\.jar' -delete
  cp "$(maven org.apache.iceberg iceberg-spark-runtime-4.1_2.13 "$ICEBERG_VERSION")" "$spark/jars/"
  cp "$(maven org.apache.spark spark-avro_2.13 "$SPARK_AVRO_VERSION")" "$spark/jars/"
  cp "$(maven org.apache.hadoop hadoop-aws "$HADOOP_AWS_VERSION")" "$spark/jars/"
  for jar in "$(awssdk)"/*.jar; do
    name=$(basename "$jar")
    case $name in
      # Spark brings these itself, netty in a later version
      netty-nio-client-*) cp "$jar" "$spark/jars/" ;;
      netty-* | slf4j-api-* | commons-codec-* | commons-logging-* | httpclient-* | httpcore-*) ;;
      *) cp "$jar" "$spark/jars/" ;;
    esac
  done
  # the programs start beside the package that they import
  mkdir -p "$1/emberlake/emberlake_spark"
  cp "$ROOT"/jobs/emberlake_spark/*.py "$1/emberlake/emberlake_spark/"
  mv "$1"/emberlake/emberlake_spark/{run_sql,install_requirements}.py "$1/emberlake/"
  cp "$(pip_wheel)" "$1/emberlake/"
}
