#!/usr/bin/env bash
# usage: node-image.sh WORKDIR BASE_IMAGE NODE_IMAGE   container images and a "release tarball" for kind's own `kind build node-image`
# kind insists on its CNI image's tag being in an archive: the default CNI stays unused, so pause stands in for it.
set -euo pipefail
. "$(dirname "$0")/../lib/common.sh"
. "$ROOT/hack/lib/tools.sh"
W=$1 BASE=$2 IMAGE=$3 BIN=$CACHE/node/bin
RELEASE=$W/release
ensure_go
need busybox busybox-static

kind_sources=$(cd "$W" && go mod download -json "sigs.k8s.io/kind@$KIND_VERSION" | jq -r .Dir)/pkg/build/nodeimage
kind_const() { cat "$kind_sources"/const_*.go | sed -n "s/^const $1 = \"\(.*\)\"$/\1/p"; }

write_spec() {
  jq -n --arg b "$BIN" --arg v "$K8S_VERSION" --arg t "$W/iptables" --arg busybox "$(command -v busybox)" \
    --arg kindnet "$(kind_const kindnetdImage)" --arg storage "$(kind_const storageProvisionerImage)" \
    --arg helper "$(kind_const storageHelperImage)" --arg etcd "registry.k8s.io/etcd:$ETCD_TAG" \
    --arg dns "registry.k8s.io/coredns/coredns:$COREDNS_VERSION" --arg pause "registry.k8s.io/pause:$PAUSE_TAG" '
    def program(path; n): {files: {(path): ($b + "/" + n)}, dirs: {"/tmp": "1777"}};
    def component(n): {("registry.k8s.io/" + n + ":" + $v): (program("/usr/local/bin/" + n; n) + {entrypoint: ["/usr/local/bin/" + n]})};
    def sleeper: {files: {"/pause": ($b + "/pause")}, entrypoint: ["/pause"], user: "65535:65535"};
    {images: (component("kube-apiserver") + component("kube-controller-manager") + component("kube-scheduler") + {
      ("registry.k8s.io/kube-proxy:" + $v): (program("/usr/local/bin/kube-proxy"; "kube-proxy") + {trees: [$t]}),
      ($etcd): program("/usr/local/bin/etcd"; "etcd"),
      ($dns): (program("/coredns"; "coredns") + {entrypoint: ["/coredns"]}),
      ($pause): sleeper,
      ($kindnet): sleeper,
      ($storage): (program("/usr/local/bin/local-path-provisioner"; "local-path-provisioner")
        + {entrypoint: ["/usr/local/bin/local-path-provisioner"]}),
      ($helper): {files: {"/bin/busybox": $busybox}, dirs: {"/tmp": "1777"},
        links: {"/bin/sh": "busybox", "/bin/mkdir": "busybox", "/bin/rm": "busybox"}}
    }), archives: {
      "kube-apiserver.tar": ["registry.k8s.io/kube-apiserver:" + $v, $pause, $kindnet],
      "kube-controller-manager.tar": ["registry.k8s.io/kube-controller-manager:" + $v, $etcd],
      "kube-scheduler.tar": ["registry.k8s.io/kube-scheduler:" + $v, $dns],
      "kube-proxy.tar": ["registry.k8s.io/kube-proxy:" + $v, $storage, $helper]
    }}' >"$W/images.json"
}

# every image that kubeadm asks for must be there, or kind would try to pull it
check_spec() {
  local image
  for image in $("$BIN/kubeadm" config images list --kubernetes-version "$K8S_VERSION"); do
    jq -e --arg i "$image" '.images[$i]' "$W/images.json" >/dev/null \
      || die "kubeadm $K8S_VERSION wants $image, which is not built: correct its tag in hack/versions.env"
  done
}

mkdir -p "$RELEASE/kubernetes/server/bin" "$W/tmp"
write_spec
check_spec
"$ROOT/hack/node/mkimages.py" "$W/images.json" "$RELEASE/kubernetes/server/bin"
echo "$K8S_VERSION" >"$RELEASE/kubernetes/version"
cp "$BIN"/{kubeadm,kubelet,kubectl} "$RELEASE/kubernetes/server/bin/"
tar -C "$RELEASE" -cf - kubernetes | gzip -1 >"$W/kubernetes-server-linux-amd64.tar.gz"
# kind leaves its unpacked copy of the tarball in the temporary directory
TMPDIR=$W/tmp kind build node-image --type file "$W/kubernetes-server-linux-amd64.tar.gz" --base-image "$BASE" --image "$IMAGE"
