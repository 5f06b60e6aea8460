# shellcheck shell=bash
# The base of the product's images, its name in BASE_IMAGE; sourced after rootfs.sh

# $EMBERLAKE_BASE_IMAGE, or the public Debian where it can be pulled, or a Debian root made from the packages
base_image() {
  local public=debian:$IMAGE_DEBIAN-slim own=emberlake/debian:$IMAGE_DEBIAN
  if [ -n "${EMBERLAKE_BASE_IMAGE:-}" ]; then BASE_IMAGE=$EMBERLAKE_BASE_IMAGE; return; fi
  for BASE_IMAGE in "$public" "$own"; do
    if docker image inspect "$BASE_IMAGE" >/dev/null 2>&1; then return; fi
  done
  BASE_IMAGE=$public
  if timeout 10 docker manifest inspect "$public" >/dev/null 2>&1 && docker pull -q "$public" >&2; then return; fi
  BASE_IMAGE=$own
  locked base make_base
}

make_base() {
  local tar
  docker image inspect "$BASE_IMAGE" >/dev/null 2>&1 && return
  [ "$(id -u)" = 0 ] || die "debian:$IMAGE_DEBIAN-slim cannot be pulled, and only root can make a Debian root; set EMBERLAKE_BASE_IMAGE"
  tar=$(mktemp "$CACHE/base.XXXXXX")
  debian_rootfs "$IMAGE_DEBIAN" "$tar" ca-certificates
  docker import "$tar" "$BASE_IMAGE" >/dev/null
  rm -f "$tar"
}
