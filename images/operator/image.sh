# shellcheck shell=bash disable=SC2034
INPUTS=(operator/emberlake)
VERSIONS=()

prepare() {
  python_packages "$ROOT/images/operator/requirements.txt" "$1/packages"
  cp -r "$ROOT/operator/emberlake" "$1/emberlake"
  find "$1/emberlake" -name __pycache__ -prune -exec rm -rf {} +
}
