#!/usr/bin/env bash
# A Docker engine: the one that runs, or Debian's, started.
set -euo pipefail
. "$(dirname "$0")/lib/common.sh"
. "$ROOT/hack/lib/tools.sh"

# Where root lacks a capability, privileged containers fail with "unable to apply caps": then ociguard stands before runc.
lacks_capabilities() {
  local bounding last
  bounding=$(awk '$1 == "CapBnd:" {print $2}' /proc/self/status)
  last=$(cat /proc/sys/kernel/cap_last_cap)
  (( (16#$bounding & ((1 << (last + 1)) - 1)) != (1 << (last + 1)) - 1 ))
}

install_ociguard() {
  [ -x /usr/local/sbin/ociguard ] && [ -e /etc/docker/daemon.json ] && return
  ensure_go
  (cd "$ROOT/hack/node/kubernetes" && CGO_ENABLED=0 go build -ldflags '-s -w' -o /usr/local/sbin/ociguard ./cmd/ociguard)
  mkdir -p /etc/docker
  [ -e /etc/docker/daemon.json ] || cat >/etc/docker/daemon.json <<'EOF'
{"runtimes": {"ociguard": {"path": "/usr/local/sbin/ociguard"}}, "default-runtime": "ociguard"}
EOF
}

start_engine() {
  docker info >/dev/null 2>&1 && return
  can_apt || die "no Docker engine answers, and only root can install and start one; start Docker and run again"
  apt_install docker.io iptables ca-certificates
  if lacks_capabilities; then install_ociguard; fi
  if [ -d /run/systemd/system ]; then
    systemctl start docker
  else
    # not below our own score: lowering it needs a capability that may be missing
    setsid nohup dockerd --oom-score-adjust 0 >"$CACHE/dockerd.log" 2>&1 </dev/null &
    echo $! >"$CACHE/dockerd.pid"
  fi
  for _ in $(seq 120); do docker info >/dev/null 2>&1 && return; sleep 0.5; done
  tail -n 20 "$CACHE/dockerd.log" >&2
  die "the Docker engine did not start within 60 s"
}

locked docker start_engine
docker info --format 'docker {{.ServerVersion}}, runtime {{.DefaultRuntime}}, cgroup v{{.CgroupVersion}}' >&2
if lacks_capabilities && [ "$(docker info --format '{{.DefaultRuntime}}')" != ociguard ]; then
  die "root lacks capabilities here, so the engine needs ociguard as its default runtime: see hack/docker.sh, then restart the engine"
fi
