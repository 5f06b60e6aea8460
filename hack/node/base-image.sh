#!/usr/bin/env bash
# usage: base-image.sh WORKDIR IMAGE   what kind's images/base/Dockerfile does, on WORKDIR/rootfs.tar and with our programs;
# also WORKDIR/iptables, the tree of the kube-proxy image
set -euo pipefail
. "$(dirname "$0")/../lib/common.sh"
. "$ROOT/hack/lib/tools.sh"
W=$1 IMAGE=$2 R=$1/root BIN=$CACHE/node/bin

ensure_go
kind_files=$(cd "$W" && go mod download -json "sigs.k8s.io/kind@$KIND_VERSION" | jq -r .Dir)/images/base/files

unpack() {
  mkdir -p "$R"
  tar -xpf "$W/rootfs.tar" -C "$R" --numeric-owner
}

# kind's static files, with the modes its Dockerfile gives them
copy_kind_files() {
  local f mode config=$R/etc/containerd/config.toml
  (cd "$kind_files" && find . -type f ! -path './LICENSES/*') | while read -r f; do
    mode=644
    case $f in ./usr/local/bin/* | ./kind/bin/*) mode=755 ;; esac
    install -D -o 0 -g 0 -m $mode "$kind_files/$f" "$R/$f"
  done
  # two changes: the pause tag of this kubeadm, and no OOM score below containerd's own
  sed -i -e "s#sandbox_image = .*#sandbox_image = \"registry.k8s.io/pause:$PAUSE_TAG\"#" \
    -e 's#restrict_oom_score_adj = false#restrict_oom_score_adj = true#' "$config"
  grep -q "pause:$PAUSE_TAG" "$config"
  grep -q 'restrict_oom_score_adj = true' "$config"
}

# runc sits behind ociguard, so that a pod that asks for a capability this machine lacks starts without it
copy_programs() {
  install -m 755 "$BIN"/{containerd,ctr,containerd-shim-runc-v2,crictl} "$R/usr/local/bin/"
  install -D -m 755 "$BIN/runc" "$R/usr/local/sbin/runc.real"
  install -m 755 "$BIN/ociguard" "$R/usr/local/sbin/runc"
  mkdir -p "$R/opt/cni/bin"
  install -m 755 "$CACHE"/node/cni/* "$R/opt/cni/bin/"
  install -D -m 644 "$ROOT/hack/node/ptp.conflist" "$R/etc/cni/net.d/10-ptp.conflist"
}

# the RUN steps of kind's Dockerfile
configure() {
  chroot "$R" /usr/bin/env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin /bin/bash -euo pipefail <<'EOF'
find /lib/systemd/system/sysinit.target.wants/ -name systemd-tmpfiles-setup.service -delete
rm -f /lib/systemd/system/multi-user.target.wants/* /etc/systemd/system/*.wants/* \
  /lib/systemd/system/local-fs.target.wants/* /lib/systemd/system/sockets.target.wants/*udev* \
  /lib/systemd/system/sockets.target.wants/*initctl* /lib/systemd/system/basic.target.wants/*
echo ReadKMsg=no >>/etc/systemd/journald.conf
ln -sf /usr/lib/systemd/systemd /sbin/init
systemctl enable kubelet.service containerd.service undo-mount-hacks.service
systemctl mask systemd-binfmt.service
mkdir -p /etc/kubernetes/manifests
ctr oci spec \
  | jq '.hooks.createContainer[.hooks.createContainer| length] |= . + {"path": "/kind/bin/mount-product-files.sh"}' \
  | jq 'del(.process.rlimits)' >/etc/containerd/cri-base.json
containerd --version; runc --version; iptables --version; systemctl --version | head -1
rm -rf /var/cache/apt/* /var/lib/apt/lists/* /var/log/* /tmp/* /var/tmp/* /usr/share/man/* /var/cache/debconf/*
EOF
  rm -f "$R/etc/resolv.conf" "$R/etc/hostname"
  : >"$R/etc/machine-id"
}

import() {
  tar -C "$R" --numeric-owner -cf - . | docker import - "$IMAGE-root"
  # the label tells hack/cluster.sh that this node brings its own, static CNI configuration
  DOCKER_BUILDKIT=0 docker build -q -t "$IMAGE" - <<EOF
FROM $IMAGE-root
ENV container=docker
LABEL emberlake.dev/cni=static
STOPSIGNAL SIGRTMIN+3
ENTRYPOINT ["/usr/local/bin/entrypoint", "/sbin/init"]
EOF
}

# iptables (nft) and nft with their shared libraries; the loadable extensions' too (libxt_statistic needs libm)
iptables_tree() {
  local t=$W/iptables lib=usr/lib/x86_64-linux-gnu name suffix so real ext
  mkdir -p "$t"/usr/{bin,sbin,lib,lib64} "$t/$lib/xtables" "$t/etc" "$t/run"
  for name in bin sbin lib lib64; do ln -s "usr/$name" "$t/$name"; done
  cp -a "$R/usr/sbin/xtables-nft-multi" "$R/usr/sbin/nft" "$t/usr/sbin/"
  cp -a "$R/$lib"/xtables/*.so "$t/$lib/xtables/"
  chroot "$R" /bin/sh -c 'ldd /usr/sbin/xtables-nft-multi /usr/sbin/nft /usr/lib/x86_64-linux-gnu/xtables/*.so' \
    | grep -oE '/[^ ]+\.so[^ ]*' | grep -v /xtables/ | tr -d : | sort -u | while read -r so; do
    case $so in /lib*) so=/usr$so ;; esac
    real=$(chroot "$R" readlink -f "$so")
    install -D -m 755 "$R$real" "$t$real"
    [ "$so" = "$real" ] || { mkdir -p "$t$(dirname "$so")"; ln -sf "$real" "$t$so"; }
  done
  for name in iptables ip6tables; do
    for suffix in '' -save -restore; do
      ln -sf xtables-nft-multi "$t/usr/sbin/$name$suffix"
      ln -sf xtables-nft-multi "$t/usr/sbin/$name-nft$suffix"
    done
  done
  for ext in "$t/$lib"/xtables/*.so; do
    chroot "$t" "/$lib/ld-linux-x86-64.so.2" --list "/$lib/xtables/$(basename "$ext")" >/dev/null || die "unresolved: $ext"
  done
  chroot "$t" /usr/sbin/iptables --version
}

unpack
copy_kind_files
copy_programs
configure
import
iptables_tree
