#!/usr/bin/env bash
# usage: images.sh [build|load] [NAME...]   builds what changed, loads into the cluster what is not there yet (default: both, all)
# and writes .build/images.yaml, the chart's values with the tags. A tag is the hash of what the image is made from.
set -euo pipefail
. "$(dirname "$0")/lib/common.sh"
. "$ROOT/hack/lib/rootfs.sh"
. "$ROOT/hack/lib/uv.sh"
. "$ROOT/hack/lib/artifacts.sh"
. "$ROOT/hack/lib/base.sh"
ALL=(postgresql s3 operator crawler hive-metastore spark sail trino)
NODE=emberlake-control-plane
# the classic builder needs no plugin
docker buildx version >/dev/null 2>&1 || export DOCKER_BUILDKIT=0

declare -A TAGS

# image NAME: sets INPUTS and VERSIONS, defines prepare; TAG is fixed at the first call, whatever is edited meanwhile
image() {
  # shellcheck source=/dev/null
  . "$ROOT/images/$1/image.sh"
  local name versions=''
  if [ -z "${TAGS[$1]:-}" ]; then
    # shellcheck disable=SC2153
    for name in IMAGE_DEBIAN "${VERSIONS[@]}"; do versions+="$name=${!name} "; done
    TAGS[$1]=$(printf '%s %s' "$(hash_of "images/$1" "${INPUTS[@]}")" "$versions" | sha256sum | cut -c1-12)
  fi
  TAG=${TAGS[$1]}
}

present() { docker image inspect "emberlake/$1:$TAG" >/dev/null 2>&1; }

build_one() {
  local context arg args=()
  present "$1" && return
  context=$(mktemp -d "$CACHE/context.XXXXXX")
  # shellcheck disable=SC2064
  trap "rm -rf '$context'" EXIT
  prepare "$context" || return
  find "$ROOT/images/$1" -maxdepth 1 -type f ! -name image.sh -exec cp -p {} "$context/" \;
  for arg in "${VERSIONS[@]}"; do
    if grep -q "^ARG $arg\$" "$context/Dockerfile"; then args+=(--build-arg "$arg=${!arg}"); fi
  done
  chmod -R u=rwX,go=rX "$context"
  docker build --build-arg "BASE_IMAGE=$BASE_IMAGE" "${args[@]}" -t "emberlake/$1:$TAG" "$context"
  rm -rf "$context"
}

build() {
  local name
  base_image
  for name in "$@"; do
    image "$name"
    present "$name" || step "build-$name" locked "build-$name" build_one "$name"
  done
}

# one stream for all that are missing: layers they share travel once
load() {
  local name there missing=()
  there=$(docker exec "$NODE" ctr -n k8s.io images ls -q)
  for name in "$@"; do
    image "$name"
    grep -q "/emberlake/$name:$TAG\$" <<<"$there" || missing+=("emberlake/$name:$TAG")
  done
  [ ${#missing[@]} = 0 ] || step load-images stream "${missing[@]}"
}

stream() {
  docker save "$@" | docker exec -i "$NODE" ctr -n k8s.io images import --digests --snapshotter=overlayfs -
}

values() {
  local name key
  echo 'images:'
  for name in "${ALL[@]}"; do
    image "$name"
    key=${name/hive-metastore/hiveMetastore}
    echo "  $key: {repository: emberlake/$name, tag: $TAG}"
  done
}

table() {
  local name
  printf '%-16s %-14s %8s\n' image tag MB
  for name in "${ALL[@]}"; do
    image "$name"
    present "$name" || continue
    printf '%-16s %-14s %8d\n' "$name" "$TAG" "$(($(docker image inspect -f '{{.Size}}' "emberlake/$name:$TAG") / 1000000))"
  done
}

for name in "${ALL[@]}"; do image "$name"; done
what=both
case ${1:-} in build | load) what=$1; shift ;; esac
names=("$@")
[ $# -gt 0 ] || names=("${ALL[@]}")
[ "$what" = load ] || build "${names[@]}"
[ "$what" = build ] || load "${names[@]}"
values >"$BUILD/images.yaml.part"
mv "$BUILD/images.yaml.part" "$BUILD/images.yaml"
[ "$what" = build ] || table
