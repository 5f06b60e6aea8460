#!/usr/bin/env bash
# Remove what the other scripts made: built images, caches, .build. The cluster is gone already.
set -euo pipefail
. "$(dirname "$0")/lib/common.sh"

if docker info >/dev/null 2>&1; then
  docker images --format '{{.Repository}}:{{.Tag}}' | { grep '^emberlake/' || true; } | xargs -r docker image rm -f >/dev/null
  docker image prune -f >/dev/null
fi
# an engine that hack/docker.sh started
if [ -e "$CACHE/dockerd.pid" ] && [ "$(cat "/proc/$(cat "$CACHE/dockerd.pid")/comm" 2>/dev/null)" = dockerd ]; then
  kill "$(cat "$CACHE/dockerd.pid")"
fi
rm -rf "$CACHE" "$BUILD"
