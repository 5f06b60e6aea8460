# shellcheck shell=bash
# uv, in an environment of its own; sourced after common.sh

# trust what the machine trusts, as its other programs do: a company's proxy is no stranger
export UV_SYSTEM_CERTS=${UV_SYSTEM_CERTS:-1}

# python3 of Debian (or whatever is called python3), 3.11 or later, with venv
find_python() {
  local p
  for p in /usr/bin/python3 python3 python3.13 python3.12 python3.11; do
    if have "$p" && "$p" -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$p"; return
    fi
  done
  return 1
}

ensure_uv() {
  UV=$CACHE/tools/uv-$UV_VERSION/bin/uv
  [ -x "$UV" ] && return
  local python
  python=$(find_python) || { "$ROOT/hack/tools.sh" python; python=$(find_python); } \
    || die "Python 3.11 or later with its venv module is needed and was not found; install python3-venv"
  "$python" -m venv --clear "$CACHE/tools/uv-$UV_VERSION"
  "$CACHE/tools/uv-$UV_VERSION/bin/pip" install -q --disable-pip-version-check "uv==$UV_VERSION"
}
