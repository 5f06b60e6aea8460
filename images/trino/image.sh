# shellcheck shell=bash disable=SC2034
INPUTS=(hack/lib/artifacts.sh)
VERSIONS=(TRINO_VERSION)
PLUGINS=(hive iceberg delta-lake tpch tpcds memory jmx resource-group-managers session-property-managers
  password-authenticators exchange-filesystem spooling-filesystem)

prepare() {
  local all=$1/trino-server-$TRINO_VERSION plugin
  # the archive is full of hard links between plugins: unpack all, then keep what is wanted
  tar -xzf "$(maven io.trino trino-server "$TRINO_VERSION" tar.gz)" -C "$1"
  mkdir -p "$1/trino/plugin" "$1/trino/bin"
  mv "$all"/lib "$all"/{LICENSE,NOTICE} "$1/trino/" 2>/dev/null || mv "$all/lib" "$1/trino/"
  mv "$all"/bin/launcher* "$all/bin/linux-amd64" "$1/trino/bin/"
  for plugin in "${PLUGINS[@]}"; do mv "$all/plugin/$plugin" "$1/trino/plugin/"; done
  rm -rf "$all"
  # Snowflake's catalog, Alluxio's cache, other platforms' natives
  find "$1/trino" -regextype posix-extended \
    -regex '.*/(net\.snowflake_|org\.rocksdb_|.*(osx|windows|aarch_64|riscv64|macos)).*\.jar' -delete
}
