#!/usr/bin/env bash
# The development environment: ${EMBERLAKE_CACHE}/venv-<hash of the lock>, with .build/venv pointing to it.
set -euo pipefail
. "$(dirname "$0")/lib/common.sh"
. "$ROOT/hack/lib/uv.sh"

make_venv() {
  [ -e "$1/.complete" ] && return
  ensure_uv
  log "making the Python environment of requirements.lock"
  "$UV" venv -q --clear --python "$(find_python)" "$1"
  # the lock is complete, and hive-metastore-client's own metadata asks for an older thrift: hence --no-deps
  "$UV" pip install -q --python "$1/bin/python" --no-deps --require-hashes -r "$ROOT/requirements.lock"
  touch "$1/.complete"
}

# the console script of this clone: several clones share one environment
write_cli() {
  mkdir -p "$BUILD/bin"
  cat >"$BUILD/bin/emberlake" <<EOF
#!/bin/sh
PYTHONPATH=$ROOT/operator:$ROOT/jobs exec $1/bin/python -c 'import sys; from emberlake.cli.main import main; sys.exit(main())' "\$@"
EOF
  chmod 755 "$BUILD/bin/emberlake"
}

venv=$CACHE/venv-$(sha256sum "$ROOT/requirements.lock" | cut -c1-12)
locked venv make_venv "$venv"
ln -sfn "$venv" "$BUILD/venv"
write_cli "$venv"
