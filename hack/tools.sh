#!/usr/bin/env bash
# usage: tools.sh [python|base|maven|checks|helm|kind|kwok|all...]   gets the programs that this machine lacks
set -euo pipefail
. "$(dirname "$0")/lib/common.sh"
. "$ROOT/hack/lib/tools.sh"

python() {
  have python3 || apt_install python3
  /usr/bin/env python3 -c 'import ensurepip, venv' 2>/dev/null || apt_install python3 python3-venv
}
base() { need curl; need jq; need openssl; need make; need tar; need gzip; need flock util-linux; need git; }
checks() { need shellcheck; ensure_helm; }

for group in "${@:-all}"; do
  case $group in
    python) python ;;
    base) base ;;
    checks) checks ;;
    maven) ensure_maven ;;
    helm) ensure_helm ;;
    kind) ensure_kind ;;
    kwok) ensure_kwok ;;
    all) python; base; ensure_maven; checks; ensure_kind ;;
    *) die "unknown group of tools: $group" ;;
  esac
done
