# shellcheck shell=bash
# Sourced by every script: places, versions, logging, timing, checked downloads.
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
CACHE=${EMBERLAKE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/emberlake}
BUILD=$ROOT/.build
TOOLS=$CACHE/tools/bin
set -a
# shellcheck source=hack/versions.env
. "$ROOT/hack/versions.env"
set +a
mkdir -p "$CACHE/downloads" "$TOOLS" "$BUILD/logs"
export PATH=$TOOLS:$PATH

if [ -t 2 ]; then BOLD=$'\e[1m' RED=$'\e[31m' PLAIN=$'\e[0m'; else BOLD='' RED='' PLAIN=''; fi

log() { echo "${BOLD}==${PLAIN} $*" >&2; }
die() { echo "${RED}error:${PLAIN} $*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

# step NAME COMMAND...: run it, say how long it took; its output goes to .build/logs/NAME.log and is shown when it fails
step() {
  local name=$1 start=$SECONDS file; shift
  file=$BUILD/logs/$name.log
  if "$@" >"$file" 2>&1; then
    log "$name: $((SECONDS - start)) s"
  else
    tail -n 40 "$file" >&2
    die "$name failed after $((SECONDS - start)) s; the whole log is $file"
  fi
}

# locked NAME COMMAND...: one at a time on this machine, whoever asks
locked() {
  local fd lock=$CACHE/$1.lock; shift
  exec {fd}>"$lock"
  flock "$fd"
  "$@" {fd}>&-
  exec {fd}>&-
}

# verify FILE: the checksum of hack/checksums.sha256 under the file's name
verify() {
  local name want got
  name=$(basename "$1")
  want=$(awk -v n="$name" '$2 == n {print $1}' "$ROOT/hack/checksums.sha256")
  [ -n "$want" ] || die "$name has no line in hack/checksums.sha256; add the output of: sha256sum $1"
  got=$(sha256sum "$1" | cut -d' ' -f1)
  [ "$got" = "$want" ] || die "$name has checksum $got, not $want of hack/checksums.sha256; remove $1 and run again"
}

# hash_of PATH...: one checksum over names and contents, the same in every clone
hash_of() {
  (cd "$ROOT" && find "$@" -type f ! -name '*.pyc' ! -path '*/__pycache__/*' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum) | sha256sum | cut -c1-12
}

# need_disk GIB: says so early when the cache's disk has less
need_disk() {
  local free
  free=$(df -Pk "$CACHE" | awk 'NR == 2 {print int($4 / 1048576)}')
  [ "$free" -ge "$1" ] || die "$1 GiB of free disk are needed under $CACHE, and $free are free; set EMBERLAKE_CACHE to another place"
}
