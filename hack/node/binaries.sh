#!/usr/bin/env bash
# usage: binaries.sh [PROGRAM...]   every program of the node image, from the Go module proxy, into $CACHE/node/{bin,cni}
set -euo pipefail
. "$(dirname "$0")/../lib/common.sh"
. "$ROOT/hack/lib/tools.sh"
BIN=$CACHE/node/bin
mkdir -p "$BIN" "$CACHE/node/cni"

kubernetes() {
  local ld="-s -w" p minor=${K8S_VERSION#v1.}
  minor=${minor%%.*}
  for p in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
    ld="$ld -X $p.gitVersion=$K8S_VERSION -X $p.gitMajor=1 -X $p.gitMinor=$minor -X $p.gitTreeState=clean"
  done
  (cd "$ROOT/hack/node/kubernetes" && CGO_ENABLED=0 go build -ldflags "$ld" -o "$BIN/" \
    k8s.io/kubernetes/cmd/{kube-apiserver,kube-controller-manager,kube-scheduler,kube-proxy,kubeadm,kubelet,kubectl} \
    ./cmd/crictl ./cmd/ociguard)
}
pause() {
  local source
  source=$(cd "$ROOT/hack/node/kubernetes" && go list -m -f '{{.Dir}}' k8s.io/kubernetes)
  gcc -Os -Wall -static "-DVERSION=v$PAUSE_TAG" -o "$BIN/pause" "$source/build/pause/linux/pause.c"
  strip "$BIN/pause"
}
containerd() {
  local module=github.com/containerd/containerd/v2
  GOBIN=$BIN CGO_ENABLED=0 go install -tags 'no_aufs no_zfs no_btrfs no_devmapper' \
    -ldflags "-s -w -X $module/version.Version=$CONTAINERD_VERSION" \
    "$module"/cmd/{containerd,ctr,containerd-shim-runc-v2}"@$CONTAINERD_VERSION"
}
runc() {
  GOBIN=$BIN CGO_ENABLED=1 go install -tags 'seccomp netgo osusergo' \
    -ldflags "-s -w -X main.version=${RUNC_VERSION#v} -linkmode external -extldflags -static" \
    "github.com/opencontainers/runc@$RUNC_VERSION"
}
cni() {
  local module=github.com/containernetworking/plugins
  GOBIN=$CACHE/node/cni CGO_ENABLED=0 go install \
    -ldflags "-s -w -X $module/pkg/utils/buildversion.BuildVersion=$CNI_VERSION" \
    "$module"/plugins/{ipam/host-local,main/loopback,main/ptp,meta/portmap}"@$CNI_VERSION"
}
etcd() { (cd "$ROOT/hack/node/etcd" && CGO_ENABLED=0 go build -ldflags '-s -w' -o "$BIN/etcd" go.etcd.io/etcd/server/v3); }
coredns() { GOBIN=$BIN CGO_ENABLED=0 go install -ldflags '-s -w' "github.com/coredns/coredns@$COREDNS_VERSION"; }
local_path() {
  GOBIN=$BIN CGO_ENABLED=0 go install -ldflags "-s -w -X main.VERSION=$LOCAL_PATH_VERSION" \
    "github.com/rancher/local-path-provisioner@$LOCAL_PATH_VERSION"
}

apt_install gcc libc6-dev libseccomp-dev pkg-config binutils ca-certificates
ensure_go
for program in "${@:-kubernetes pause containerd runc cni etcd coredns local_path}"; do
  for p in $program; do step "build-$p" "$p"; done
done
