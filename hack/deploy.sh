#!/usr/bin/env bash
# Install or upgrade the chart on the local cluster, with the images that were built.
set -euo pipefail
. "$(dirname "$0")/lib/common.sh"
export KUBECONFIG=$BUILD/kubeconfig

kubectl apply -f "$ROOT/manifests/install/namespace.yaml" >/dev/null
helm upgrade --install emberlake "$ROOT/charts/emberlake" --namespace emberlake \
  --values "$ROOT/charts/emberlake/values-dev.yaml" --values "$BUILD/images.yaml" \
  --wait --timeout 5m >"$BUILD/logs/deploy.log" 2>&1 || {
  tail -n 20 "$BUILD/logs/deploy.log" >&2
  kubectl -n emberlake get pods >&2
  die "the chart did not become ready; see: KUBECONFIG=$KUBECONFIG kubectl -n emberlake describe pods"
}
kubectl -n emberlake get pods
