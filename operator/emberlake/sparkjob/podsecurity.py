"""What the Pod Security standard `restricted` forbids in a user's pod: refused by its field. Pure.

The operator refuses it wherever the namespace would not. See Kubernetes, "Pod Security Standards".
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from emberlake.api.v1alpha1.sparkpods import PodResources
from emberlake.sparkjob.resources import Role

ADDABLE = "NET_BIND_SERVICE"
VOLUME_TYPES = (
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "persistentVolumeClaim",
    "projected",
    "secret",
)
_HOST_NAMESPACES = ("hostNetwork", "hostPID", "hostIPC")
_SELINUX_TYPES = ("", "container_t", "container_init_t", "container_kvm_t", "container_engine_t")
_SYSCTLS = (
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ping_group_range",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.tcp_wmem",
)
_APPARMOR = "container.apparmor.security.beta.kubernetes.io/"
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_HOOKS = ("postStart", "preStop")
_HANDLERS = ("httpGet", "tcpSocket")

Document = Mapping[str, Any]


class Breach(NamedTuple):
    """A field, what stands there, and what to write instead."""

    field: str
    value: Any
    mend: str


def check_pod_security(role: Role, pod: PodResources) -> None:
    """Check a role's template and volumes.

    Raises:
        ValueError: names the first field that breaks the standard, its value and the mend.
    """
    for field, value, mend in _breaches(pod):
        raise ValueError(
            f"spec.{role}.{field} {value!r} is refused: it breaks Pod Security `restricted`, which holds for"
            f" every pod of a job; {mend}"
        )


def _breaches(pod: PodResources) -> Iterator[Breach]:
    yield from _volumes("volumes", [volume.document() for volume in pod.volumes])
    if pod.template is None:
        return
    template = pod.template.document()
    spec: Document = template.get("spec") or {}
    for key, value in ((template.get("metadata") or {}).get("annotations") or {}).items():
        if key.startswith(_APPARMOR) and not value.startswith(("runtime/default", "localhost/")):
            yield Breach(f"template.metadata.annotations {key}", value, "remove it")
    for name in _HOST_NAMESPACES:
        if spec.get(name):
            yield Breach(f"template.spec.{name}", spec[name], "remove it")
    if spec.get("ephemeralContainers"):
        yield Breach("template.spec.ephemeralContainers", "[...]", "kubectl debug adds one to a running pod")
    yield from _volumes("template.spec.volumes", spec.get("volumes") or ())
    yield from _pod_context("template.spec.securityContext", spec.get("securityContext") or {})
    for kind in ("initContainers", "containers"):
        for index, container in enumerate(spec.get(kind) or ()):
            yield from _container(f"template.spec.{kind}[{index}]", container)


def _volumes(field: str, volumes: Iterable[Document]) -> Iterator[Breach]:
    for volume in volumes:
        for kind in volume.keys() - {"name", *VOLUME_TYPES}:
            mend = "use one of " + ", ".join(VOLUME_TYPES)
            yield Breach(f"{field} {volume['name']}", kind, mend)


def _pod_context(field: str, context: Document) -> Iterator[Breach]:
    yield from _common(field, context)
    for entry in context.get("sysctls") or ():
        if entry.get("name") not in _SYSCTLS:
            yield Breach(f"{field}.sysctls", entry.get("name"), "remove it")


def _container(field: str, container: Document) -> Iterator[Breach]:
    context: Document = container.get("securityContext") or {}
    where = f"{field}.securityContext"
    yield from _common(where, context)
    for name in ("privileged", "allowPrivilegeEscalation"):
        if context.get(name):
            yield Breach(f"{where}.{name}", context[name], "remove it")
    for added in (context.get("capabilities") or {}).get("add") or ():
        if added != ADDABLE:
            yield Breach(f"{where}.capabilities.add", added, f"only {ADDABLE} may be added")
    if context.get("procMount") not in (None, "Default"):
        yield Breach(f"{where}.procMount", context["procMount"], "remove it")
    for port in container.get("ports") or ():
        if port.get("hostPort"):
            yield Breach(f"{field}.ports.hostPort", port["hostPort"], "use containerPort")
    yield from _hosts_of_probes(field, container)


def _hosts_of_probes(field: str, container: Document) -> Iterator[Breach]:
    """A probe or hook that names a host makes the kubelet send requests there."""
    lifecycle: Document = container.get("lifecycle") or {}
    found = [(name, container.get(name)) for name in _PROBES]
    found += [(f"lifecycle.{name}", lifecycle.get(name)) for name in _HOOKS]
    for name, probe in found:
        for handler in _HANDLERS:
            if host := ((probe or {}).get(handler) or {}).get("host"):
                yield Breach(f"{field}.{name}.{handler}.host", host, "remove it: the pod itself is asked")


def _common(field: str, context: Document) -> Iterator[Breach]:
    """What pods and containers alike may not ask for."""
    if context.get("runAsNonRoot") is False:
        yield Breach(f"{field}.runAsNonRoot", False, "remove it")
    if context.get("runAsUser") == 0:
        yield Breach(f"{field}.runAsUser", 0, "remove it, or name another user than root")
    for name in ("seccompProfile", "appArmorProfile"):
        if (context.get(name) or {}).get("type") == "Unconfined":
            yield Breach(f"{field}.{name}.type", "Unconfined", "use RuntimeDefault or Localhost")
    options: Document = context.get("seLinuxOptions") or {}
    for name in ("user", "role"):
        if options.get(name):
            yield Breach(f"{field}.seLinuxOptions.{name}", options[name], "remove it")
    if options.get("type", "") not in _SELINUX_TYPES:
        yield Breach(f"{field}.seLinuxOptions.type", options["type"], "remove it")
    if (context.get("windowsOptions") or {}).get("hostProcess"):
        yield Breach(f"{field}.windowsOptions.hostProcess", True, "remove it")
