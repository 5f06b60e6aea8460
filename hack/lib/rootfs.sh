# shellcheck shell=bash
# Debian roots without a container registry; sourced after common.sh
# shellcheck source=hack/lib/tools.sh
. "$ROOT/hack/lib/tools.sh"

# debian_rootfs SUITE OUT.tar PACKAGES: minimal, without manuals and translations
debian_rootfs() {
  apt_install mmdebstrap debian-archive-keyring
  # the empty man1 is for OpenJDK's post-install script, which links into it
  # shellcheck disable=SC2016
  mmdebstrap --variant=minbase --mode=root --components=main --format=tar \
    --aptopt='APT::Install-Recommends "false"' \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
    --essential-hook='mkdir -p "$1/usr/share/man/man1"' \
    --include="$3" "$1" "$2.part"
  mv "$2.part" "$2"
}
