#!/usr/bin/env bash
# Cluster, images, tools and Python environment, side by side: on a fresh machine the node image takes a quarter of an hour of
# compiling, and the rest is mostly waiting for downloads.
set -euo pipefail
. "$(dirname "$0")/lib/common.sh"

pids=()
stop() { for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done; }
trap stop INT TERM

"$ROOT/hack/tools.sh" python base maven
"$ROOT/hack/docker.sh"
"$ROOT/hack/cluster.sh" up & pids+=($!)
"$ROOT/hack/images.sh" build & pids+=($!)
{ "$ROOT/hack/venv.sh" && "$ROOT/hack/tools.sh" checks; } & pids+=($!)
failed=0
for pid in "${pids[@]}"; do wait "$pid" || failed=1; done
[ $failed = 0 ] || die "see the errors above"
"$ROOT/hack/images.sh" load
