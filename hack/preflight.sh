#!/usr/bin/env bash
# Says early and plainly what this machine lacks: root on a Debian-like Linux, or a running Docker engine with the tools.
set -euo pipefail
. "$(dirname "$0")/lib/common.sh"
. "$ROOT/hack/lib/tools.sh"

[ "$(uname -s)-$(uname -m)" = Linux-x86_64 ] || die "Linux on x86_64 is needed; this is $(uname -s) on $(uname -m)"
need_disk 8
can_apt && exit 0

missing=()
docker info >/dev/null 2>&1 || missing+=("a running Docker engine")
for tool in curl jq openssl python3 mvn java go tar gzip flock; do have "$tool" || missing+=("$tool"); done
[ ${#missing[@]} = 0 ] && exit 0
list=$(printf ', %s' "${missing[@]}")
die "this needs either root on a Debian-like Linux (then everything missing is installed), or these: ${list:2}"
