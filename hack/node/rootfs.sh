#!/usr/bin/env bash
# usage: rootfs.sh OUT.tar   a Debian root with the packages of kind's images/base/Dockerfile (less nfs-common, open-iscsi, fuse-overlayfs)
set -euo pipefail
. "$(dirname "$0")/../lib/common.sh"
. "$ROOT/hack/lib/rootfs.sh"

debian_rootfs "$NODE_DEBIAN" "$1" systemd,conntrack,iptables,nftables,iproute2,ethtool,util-linux,mount,kmod,libseccomp2,pigz,e2fsprogs,bash,ca-certificates,curl,jq,procps,socat,ebtables
