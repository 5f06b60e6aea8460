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
  # shellcheck disable=SC2034 # for who sources this
  UV=$CACHE/tools/uv-$UV_VERSION/bin/uv
  if [ ! -e "$CACHE/tools/uv-$UV_VERSION/.complete" ]; then locked uv install_uv "$CACHE/tools/uv-$UV_VERSION"; fi
}

install_uv() {
  # who waited for the lock finds it done
  [ ! -e "$1/.complete" ] || return 0
  local python
  python=$(find_python) || { "$ROOT/hack/tools.sh" python; python=$(find_python); } \
    || die "Python 3.11 or later with its venv module is needed and was not found; install python3-venv"
  "$python" -m venv --clear "$1"
  "$1/bin/pip" install -q --disable-pip-version-check "uv==$UV_VERSION"
  touch "$1/.complete"
}
