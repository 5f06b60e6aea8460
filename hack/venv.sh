#!/usr/bin/env bash
# .build/venv: the packages of requirements.lock (linked from a shared cache) and this clone's sources.
set -euo pipefail
. "$(dirname "$0")/lib/common.sh"
. "$ROOT/hack/lib/uv.sh"
VENV=$BUILD/venv
export UV_CACHE_DIR=$CACHE/uv

make_venv() {
  [ "$(cat "$VENV/.complete" 2>/dev/null)" != "$1" ] || return 0
  ensure_uv
  log "making the Python environment of requirements.lock"
  [ ! -L "$VENV" ] || rm "$VENV"
  "$UV" venv -q --clear --python "$(find_python)" "$VENV"
  # the lock is complete, and hive-metastore-client's own metadata asks for an older thrift: hence --no-deps
  "$UV" pip install -q --python "$VENV/bin/python" --no-deps --require-hashes -r "$ROOT/requirements.lock"
  add_sources
  echo "$1" >"$VENV/.complete"
}

# as an editable install would, without a build
add_sources() {
  local site
  site=$("$VENV/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
  printf '%s\n' "$ROOT/operator" "$ROOT/jobs" "$ROOT/hack" >"$site/emberlake.pth"
  cp -p "$ROOT/images/operator/command" "$VENV/bin/emberlake"
  sed -i "1s|.*|#!$VENV/bin/python|" "$VENV/bin/emberlake"
  ln -sf emberlake "$VENV/bin/kubectl-emberlake"
}

locked venv make_venv "$(sha256sum "$ROOT/requirements.lock" "$ROOT/hack/venv.sh" | sha256sum | cut -c1-12) $ROOT"
