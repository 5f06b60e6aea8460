# shellcheck shell=bash
# Spark on this machine, out of the package that the image is made of; sourced after artifacts.sh
SPARK_HOME=$CACHE/spark-$SPARK_VERSION
SPARK_PYTHON=$CACHE/spark-python-$SPARK_VERSION

# unpacked FOLDER LEVELS PART...: parts of the package without the first LEVELS folders of their paths
unpacked() {
  local folder=$1 levels=$2; shift 2
  [ -e "$folder" ] || locked "$(basename "$folder")" unpack_spark "$folder" "$levels" "${@/#/pyspark-$SPARK_VERSION/}"
}

unpack_spark() {
  local folder=$1 part=$1.part levels=$2; shift 2
  [ ! -e "$folder" ] || return 0
  rm -rf "$part"
  mkdir -p "$part"
  tar -xzf "$(pyspark)" -C "$part" --strip-components="$levels" "$@"
  mv "$part" "$folder"
}

ensure_spark() {
  have java || apt_install default-jre-headless
  unpacked "$SPARK_HOME" 2 deps/bin deps/jars
}

ensure_pyspark() { unpacked "$SPARK_PYTHON" 1 pyspark lib; }
