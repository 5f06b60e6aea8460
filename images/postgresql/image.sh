# shellcheck shell=bash disable=SC2034
INPUTS=()
VERSIONS=(POSTGRESQL_VERSION)

prepare() { :; }
