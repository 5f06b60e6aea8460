# shellcheck shell=bash disable=SC2034
INPUTS=()
VERSIONS=(VERSITYGW_VERSION)

prepare() {
  locked versitygw go_tool versitygw "github.com/versity/versitygw/cmd/versitygw@$VERSITYGW_VERSION"
  cp "$TOOLS/versitygw" "$1/"
}
