#!/usr/bin/env bash
# The image of the cluster's node, its name in .build/node-image: $EMBERLAKE_NODE_IMAGE, or kindest/node where it can be pulled,
# or one assembled from the Go module proxy and Debian (about 15 minutes, once per machine).
set -euo pipefail
. "$(dirname "$0")/lib/common.sh"
. "$ROOT/hack/lib/tools.sh"

PUBLIC=kindest/node:$K8S_VERSION
ASSEMBLED=emberlake/node:$(hash_of hack/node hack/lib/rootfs.sh)-$(grep -E '^(KIND|K8S|CONTAINERD|RUNC|CNI|ETCD|COREDNS|PAUSE|LOCAL_PATH|NODE)_' \
  "$ROOT/hack/versions.env" | sha256sum | cut -c1-12)
ARCHIVE=$CACHE/node/$(echo "${ASSEMBLED#*:}" | tr : -).tar

present() { docker image inspect "$1" >/dev/null 2>&1; }

assemble() {
  local work
  present "$ASSEMBLED" && return
  if [ -s "$ARCHIVE" ]; then step load-node-image docker load -qi "$ARCHIVE"; return; fi
  [ "$(id -u)" = 0 ] || die "$PUBLIC cannot be pulled, and only root can assemble a node image; set EMBERLAKE_NODE_IMAGE"
  # compiling Kubernetes takes most of it, and what is compiled stays
  [ -e "$CACHE/node/bin/kubelet" ] || need_disk 30
  log "assembling the node image from sources, as $PUBLIC cannot be pulled"
  work=$(mktemp -d "$CACHE/node/work.XXXXXX")
  # shellcheck disable=SC2064
  trap "rm -rf '$work'" EXIT
  "$ROOT/hack/node/rootfs.sh" "$work/rootfs.tar" >"$BUILD/logs/node-rootfs.log" 2>&1 &
  local rootfs=$!
  "$ROOT/hack/node/binaries.sh"
  wait "$rootfs" || die "the node's Debian root failed; see $BUILD/logs/node-rootfs.log"
  step node-base-image "$ROOT/hack/node/base-image.sh" "$work" emberlake/node-base:latest
  step node-image "$ROOT/hack/node/node-image.sh" "$work" emberlake/node-base:latest "$ASSEMBLED"
  rm -rf "$work"
  docker save -o "$ARCHIVE.part" "$ASSEMBLED"
  find "$CACHE/node" -maxdepth 1 -name '*.tar' -delete
  mv "$ARCHIVE.part" "$ARCHIVE"
}

choose() {
  if [ -n "${EMBERLAKE_NODE_IMAGE:-}" ]; then
    present "$EMBERLAKE_NODE_IMAGE" || docker pull -q "$EMBERLAKE_NODE_IMAGE" >&2
    image=$EMBERLAKE_NODE_IMAGE
  elif present "$PUBLIC" || pull_public; then
    image=$PUBLIC
  else
    ensure_kind
    locked node-image assemble
    image=$ASSEMBLED
  fi
}

# does the registry answer at all? (a second) then pull (minutes on a slow line)
pull_public() {
  [ -e "$CACHE/node/${ASSEMBLED#*:}.tar" ] && return 1
  timeout 10 docker manifest inspect "$PUBLIC" >/dev/null 2>&1 && docker pull -q "$PUBLIC" >&2
}

mkdir -p "$CACHE/node"
choose
echo "$image" >"$BUILD/node-image"
log "node image $image"
