#!/usr/bin/env bash
# usage: generate.sh [--check]   writes the CRDs, the dashboard, the rules and manifests/install from the code; --check only compares
set -euo pipefail
. "$(dirname "$0")/lib/common.sh"
PATH=$BUILD/venv/bin:$PATH
crds=$ROOT/charts/emberlake/files/crds
dashboard=$ROOT/charts/emberlake/files/monitoring/dashboard.json
access=$ROOT/charts/emberlake/templates/_access.tpl
security=$ROOT/docs/reference/security.md

if [ "${1:-}" != --check ]; then
  python -m emberlake.api.crd "$crds"
  python "$ROOT/hack/dashboard.py" "$dashboard"
  python "$ROOT/hack/access.py" "$access" "$security"
  "$ROOT/charts/generate-install.sh"
  exit
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/crds"
python -m emberlake.api.crd "$work/crds"
python "$ROOT/hack/dashboard.py" "$work/dashboard.json"
cp "$security" "$work/security.md"
python "$ROOT/hack/access.py" "$work/access.tpl" "$work/security.md"
"$ROOT/charts/generate-install.sh" "$work/install"
same() {
  diff -ru "$crds" "$work/crds" && diff -u "$dashboard" "$work/dashboard.json" &&
    diff -u "$access" "$work/access.tpl" && diff -u "$security" "$work/security.md" &&
    diff -ru "$ROOT/manifests/install" "$work/install"
}
same || die "generated files differ from what the code gives (above): run make generate and commit"
