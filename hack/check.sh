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
    tail -n 60 "$BUILD/logs/check-$name.log" >&2
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

if [ "${1:-}" = cluster ]; then
  check install-manifests kubectl apply --dry-run=server -k manifests/install
  check samples kubectl apply --dry-run=server --namespace demo -k manifests/samples
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
