#!/usr/bin/env bash
# usage: cluster.sh up|down|status|why   the local kind cluster; its kubeconfig is .build/kubeconfig, never the user's own
set -euo pipefail
. "$(dirname "$0")/lib/common.sh"
. "$ROOT/hack/lib/tools.sh"
NAME=emberlake
NODE=$NAME-control-plane
export KUBECONFIG=$BUILD/kubeconfig

config() {
  cat <<EOF
kind: Cluster
apiVersion: kind.x-k8s.io/v1alpha4
name: $NAME
networking:
  disableDefaultCNI: $1
kubeadmConfigPatches:
# a disk that is busy with images holds etcd up for longer than its clients wait; this cluster can be made anew
- |
  kind: ClusterConfiguration
  etcd:
    local:
      extraArgs:
      - name: unsafe-no-fsync
        value: "true"
- |
  apiVersion: kubelet.config.k8s.io/v1beta1
  kind: KubeletConfiguration
  failCgroupV1: false
nodes:
- role: control-plane
EOF
}

exists() { [ -n "$(docker ps -aq --filter "label=io.x-k8s.kind.cluster=$NAME")" ]; }

# after a reboot the container is there but stopped
start_node() {
  [ "$(docker inspect -f '{{.State.Running}}' "$NODE")" = true ] || docker start "$NODE" >/dev/null
  kind export kubeconfig --name "$NAME" --kubeconfig "$KUBECONFIG" >/dev/null 2>&1
}

# the same kubectl as the node's, where the host has none
ensure_kubectl() {
  have kubectl || docker cp -q "$NODE:/usr/bin/kubectl" "$TOOLS/kubectl"
}

wait_ready() {
  local deadline=$((SECONDS + 180))
  until kubectl get --raw /readyz >/dev/null 2>&1; do
    if [ $SECONDS -ge $deadline ]; then
      log "the API server of cluster $NAME did not answer within 180 s; see: docker logs $NODE"
      return 1
    fi
    sleep 1
  done
  kubectl wait --for=condition=Ready nodes --all --timeout=120s >/dev/null
}

# what a control plane that went away leaves to be read
why() {
  docker exec "$NODE" sh -c '
    tail -n 20 /var/log/pods/kube-system_etcd-*/*/*.log /var/log/pods/kube-system_kube-apiserver-*/*/*.log | cut -c 1-300
    journalctl --no-pager -u kubelet | grep -iE "liveness|startup probe|oom|killing" | tail -n 20
    free -m; df -h /var' || true
}

create() {
  kind create cluster --config - --image "$image" --kubeconfig "$KUBECONFIG" --wait 180s <<<"$1"
  ensure_kubectl
  wait_ready || die "see: docker logs $NODE"
  kubectl -n kube-system create configmap emberlake-cluster --from-literal="hash=$hash"
}

# nothing of a cluster that does not come up again, as after the machine was cut off
found_hash() {
  start_node && ensure_kubectl && wait_ready &&
    kubectl -n kube-system get configmap emberlake-cluster -o 'jsonpath={.data.hash}' 2>/dev/null
}

up() {
  "$ROOT/hack/docker.sh"
  "$ROOT/hack/node-image.sh"
  ensure_kind
  local image static text hash found
  image=$(cat "$BUILD/node-image")
  static=false
  [ "$(docker image inspect -f '{{index .Config.Labels "emberlake.dev/cni"}}' "$image")" != static ] || static=true
  text=$(config "$static")
  hash=$(printf '%s\n' "$text" "$KIND_VERSION" "$image" | sha256sum | cut -c1-12)
  if exists; then
    found=$(found_hash) || true
    if [ "$found" = "$hash" ]; then log "cluster $NAME is up"; return; fi
    log "cluster $NAME was made with another configuration (${found:-unknown}, wanted $hash): making it anew"
    down
  fi
  step create-cluster create "$text"
}

down() {
  ensure_kind
  if docker info >/dev/null 2>&1 && exists; then kind delete cluster --name "$NAME" --kubeconfig "$KUBECONFIG"; fi
  rm -f "$KUBECONFIG"
}

status() {
  docker info >/dev/null 2>&1 || die "no Docker engine answers; run: make cluster"
  exists || die "there is no cluster $NAME; run: make cluster"
  kubectl get nodes -o wide
  kubectl get pods -A
}

case ${1:-} in
  up) locked cluster up ;;
  down) locked cluster down ;;
  status) status ;;
  why) why ;;
  *) die "usage: cluster.sh up|down|status|why" ;;
esac
