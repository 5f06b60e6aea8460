"""CPU and memory of processes of this machine from /proc, and requests that the API server counted."""

import os
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from demo import kube

_TICKS = os.sysconf("SC_CLK_TCK")
_SERIES = re.compile(r'(\w+)="([^"]*)"')
CONTROL_PLANE = ("kube-apiserver", "etcd", "kube-scheduler", "kube-controller-manager", "kubelet")
WRITES = ("POST", "PUT", "PATCH", "APPLY", "DELETE", "DELETECOLLECTION")


@dataclass(frozen=True)
class Request:
    """A kind of request: verb, resource, subresource."""

    verb: str
    resource: str
    subresource: str

    def __str__(self) -> str:
        name = f"{self.resource}/{self.subresource}" if self.subresource else self.resource
        return f"{self.verb} {name}"


def cpu_seconds(pid: int) -> float:
    """CPU time so far of a process and of its children that have ended."""
    # The command's name may hold spaces; the fields after it do not.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(value) for value in fields[11:15]) / _TICKS


def machine_cpu_seconds() -> float:
    """CPU time so far of all processes, the kernel's own included."""
    user, nice, system, _idle, _iowait, irq, softirq = map(int, Path("/proc/stat").read_text().split()[1:8])
    return (user + nice + system + irq + softirq) / _TICKS


def memory_mib(pid: int, peak: bool = False) -> float:
    """Resident memory of a process now, or at its highest."""
    name = "VmHWM" if peak else "VmRSS"
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"process {pid} has no {name}: it has ended")


def control_plane() -> dict[str, int]:
    """Process ids of the control plane, where it runs on this machine's kernel."""
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            name = Path(_command(folder)).name
            if name in CONTROL_PLANE:
                found[name] = int(folder.name)
    return found


def _command(folder: Path) -> str:
    try:
        return (folder / "cmdline").read_bytes().split(b"\0")[0].decode()
    except OSError:
        # it ended meanwhile
        return ""


def requests() -> Counter[Request]:
    """Requests so far by the API server's own count."""
    found: Counter[Request] = Counter()
    for line in kube.kubectl("get", "--raw", "/metrics").splitlines():
        if line.startswith("apiserver_request_total{"):
            labels, _, value = line.rpartition("} ")
            series = dict(_SERIES.findall(labels))
            key = Request(series["verb"], series["resource"], series["subresource"])
            found[key] += int(float(value))
    return found
