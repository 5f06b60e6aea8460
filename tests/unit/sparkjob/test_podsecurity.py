"""What breaks Pod Security `restricted` is refused by field, value and mend."""

from typing import Any

import pytest

from emberlake.api.v1alpha1.sparkpods import Driver
from emberlake.sparkjob.podsecurity import VOLUME_TYPES, check_pod_security

TEMPLATE = "spec.driver.template.spec"
APPARMOR = "container.apparmor.security.beta.kubernetes.io/spark"


def refusal(**fields: Any) -> str:
    with pytest.raises(ValueError, match="it breaks Pod Security `restricted`") as found:
        check_pod_security("driver", Driver.model_validate(fields))
    return str(found.value)


@pytest.mark.parametrize(
    ("spec", "field", "value"),
    [
        ({"hostNetwork": True}, "hostNetwork", True),
        ({"hostPID": True}, "hostPID", True),
        ({"hostIPC": True}, "hostIPC", True),
        ({"ephemeralContainers": [{"name": "e"}]}, "ephemeralContainers", "[...]"),
        ({"volumes": [{"name": "v", "hostPath": {"path": "/"}}]}, "volumes v", "hostPath"),
        ({"volumes": [{"name": "v", "nfs": {"server": "s", "path": "/"}}]}, "volumes v", "nfs"),
        ({"securityContext": {"runAsNonRoot": False}}, "securityContext.runAsNonRoot", False),
        ({"securityContext": {"runAsUser": 0}}, "securityContext.runAsUser", 0),
        (
            {"securityContext": {"sysctls": [{"name": "kernel.msgmax", "value": "1"}]}},
            "securityContext.sysctls",
            "kernel.msgmax",
        ),
        (
            {"securityContext": {"seccompProfile": {"type": "Unconfined"}}},
            "securityContext.seccompProfile.type",
            "Unconfined",
        ),
    ],
)
def test_of_a_pod(spec: dict[str, Any], field: str, value: Any) -> None:
    assert refusal(template={"spec": spec}).startswith(f"{TEMPLATE}.{field} {value!r} is refused: ")


@pytest.mark.parametrize("kind", ["containers", "initContainers"])
@pytest.mark.parametrize(
    ("context", "field", "value"),
    [
        ({"privileged": True}, "privileged", True),
        ({"allowPrivilegeEscalation": True}, "allowPrivilegeEscalation", True),
        ({"capabilities": {"add": ["NET_BIND_SERVICE", "SYS_ADMIN"]}}, "capabilities.add", "SYS_ADMIN"),
        ({"procMount": "Unmasked"}, "procMount", "Unmasked"),
        ({"runAsUser": 0}, "runAsUser", 0),
        ({"runAsNonRoot": False}, "runAsNonRoot", False),
        ({"appArmorProfile": {"type": "Unconfined"}}, "appArmorProfile.type", "Unconfined"),
        ({"seLinuxOptions": {"user": "u"}}, "seLinuxOptions.user", "u"),
        ({"seLinuxOptions": {"type": "spc_t"}}, "seLinuxOptions.type", "spc_t"),
        ({"windowsOptions": {"hostProcess": True}}, "windowsOptions.hostProcess", True),
    ],
)
def test_of_a_container(kind: str, context: dict[str, Any], field: str, value: Any) -> None:
    containers = [{"name": "a", "image": "i"}, {"name": "b", "image": "i", "securityContext": context}]
    said = refusal(template={"spec": {kind: containers}})
    assert said.startswith(f"{TEMPLATE}.{kind}[1].securityContext.{field} {value!r} is refused: ")


@pytest.mark.parametrize(
    ("container", "field"),
    [
        ({"ports": [{"containerPort": 80, "hostPort": 80}]}, "ports.hostPort 80"),
        ({"livenessProbe": {"httpGet": {"host": "h", "port": 1}}}, "livenessProbe.httpGet.host 'h'"),
        (
            {"lifecycle": {"preStop": {"tcpSocket": {"host": "h", "port": 1}}}},
            "lifecycle.preStop.tcpSocket.host 'h'",
        ),
    ],
)
def test_of_ports_and_probes(container: dict[str, Any], field: str) -> None:
    assert f"{TEMPLATE}.containers[0].{field} is" in refusal(template={"spec": {"containers": [container]}})


def test_of_fields_and_annotations() -> None:
    volume = {"name": "disk", "hostPath": {"path": "/mnt"}}
    assert refusal(volumes=[volume]).startswith("spec.driver.volumes disk 'hostPath' is refused: ")
    annotations = {"metadata": {"annotations": {APPARMOR: "unconfined"}}}
    assert f"annotations {APPARMOR} 'unconfined'" in refusal(template=annotations)


def test_what_the_standard_allows_is_taken() -> None:
    context = {
        "runAsUser": 1000,
        "runAsNonRoot": True,
        "seccompProfile": {"type": "Localhost", "localhostProfile": "p"},
        "capabilities": {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]},
        "seLinuxOptions": {"level": "s0", "type": "container_t"},
        "privileged": False,
        "procMount": "Default",
    }
    container = {"name": "c", "image": "i", "securityContext": context, "ports": [{"containerPort": 80}]}
    spec = {
        "hostNetwork": False,
        "securityContext": {"fsGroup": 3, "sysctls": [{"name": "net.ipv4.tcp_syncookies", "value": "1"}]},
        "volumes": [{"name": kind, kind: {}} for kind in VOLUME_TYPES],
        "containers": [container],
    }
    check_pod_security("driver", Driver.model_validate({"template": {"spec": spec}}))
