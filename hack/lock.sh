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
for extra in operator crawler; do
  compile --extra "$extra" --python-version 3.13 --python-platform x86_64-manylinux_2_28 --no-annotate \
    -c requirements.lock -o "images/$extra/requirements.txt"
done
