#!/usr/bin/env bash
# Resolve pyproject.toml: requirements.lock (every extra, every Python >= 3.11), and from it what the images hold (Python 3.13).
set -euo pipefail
. "$(dirname "$0")/lib/common.sh"
. "$ROOT/hack/lib/uv.sh"
ensure_uv
cd "$ROOT"

compile() {
  "$UV" pip compile -q --custom-compile-command 'make lock' --no-emit-index-url --generate-hashes "$@" pyproject.toml
}
compile --universal --all-extras --python-version 3.11 -o requirements.lock
compile_image() {
  compile --extra "$1" --python-version 3.13 --python-platform x86_64-manylinux_2_28 --no-annotate \
    -c requirements.lock -o "images/$1/requirements.txt" "${@:2}"
}
compile_image operator
# the crawler has no command line and never talks to Kubernetes, whose client is 120 MB
compile_image crawler --override <(printf "%s; python_version < '3'\n" argcomplete javaproperties kubernetes)
# the same for Sail's pods, which find S3 by themselves and the metastore through PyIceberg
compile_image sail --override <(printf "%s; python_version < '3'\n" argcomplete javaproperties kubernetes)
