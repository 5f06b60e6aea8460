#!/usr/bin/env bash
# usage: check.sh [cluster]   all static checks, each with its time; every one runs, whatever the others said
set -euo pipefail
. "$(dirname "$0")/lib/common.sh"
cd "$ROOT"
PATH=$BUILD/venv/bin:$PATH
export KUBECONFIG=$BUILD/kubeconfig
failed=()

check() {
  local name=$1 start=$SECONDS; shift
  if "$@" >"$BUILD/logs/check-$name.log" 2>&1; then
    log "$name: $((SECONDS - start)) s"
  else
    tail -n 100 "$BUILD/logs/check-$name.log" >&2
    log "$name: ${RED}failed${PLAIN} after $((SECONDS - start)) s (whole log: .build/logs/check-$name.log)"
    failed+=("$name")
  fi
}

shell_scripts() {
  local files
  mapfile -t files < <(git ls-files -co --exclude-standard | xargs grep -lE '^#!.*(bash|/sh)$|^# shellcheck shell=')
  shellcheck -x "${files[@]}"
}
chart() {
  helm lint --strict charts/emberlake --values charts/emberlake/values-dev.yaml
  helm lint --strict charts/emberlake --values charts/emberlake/values-eks.yaml
}

# an API server that went away says nothing of a manifest: what it left is shown, and it is asked once more
judged() {
  local answer
  if answer=$(kubectl apply --dry-run=server "$@" 2>&1); then return; fi
  echo "$answer"
  grep -qE 'EOF|connection re(set|fused)' <<<"$answer" || return 1
  hack/cluster.sh why
  until kubectl get --raw /readyz >/dev/null 2>&1; do
    [ $SECONDS -lt 300 ] || return 1
    sleep 1
  done
  kubectl apply --dry-run=server "$@"
}

if [ "${1:-}" = cluster ]; then
  check install-manifests judged -k manifests/install
  check samples judged --namespace demo -k manifests/samples
else
  check ruff ruff check .
  check format ruff format --check .
  check types mypy
  check imports lint-imports
  check shellcheck shell_scripts
  check helm-lint chart
  check generated hack/generate.sh --check
fi
[ ${#failed[@]} = 0 ] || die "failed: ${failed[*]}"
