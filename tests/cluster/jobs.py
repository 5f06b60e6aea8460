"""SparkJobs on a real API server, with the test as kubelet."""

import json
from typing import Any

from demo import kube

# What Pod Security `restricted` asks of the pods that a test makes itself.
POD_SECURITY: dict[str, Any] = {
    "runAsNonRoot": True,
    "runAsUser": 185,
    "seccompProfile": {"type": "RuntimeDefault"},
}
CONTAINER_SECURITY: dict[str, Any] = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}


def job(name: str = "etl", **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "emberlake.dev/v1alpha1",
        "kind": "SparkJob",
        "metadata": {"name": name},
        "spec": {
            "type": "Python",
            "mainApplicationFile": "local:///opt/app/etl.py",
            "driver": {"template": {"spec": {"schedulerName": "none"}}},
            **spec,
        },
    }


def drivers(namespace: str, name: str = "") -> list[dict[str, Any]]:
    """Driver pods of one job or of all."""
    selector = "emberlake.dev/role=driver" + (f",emberlake.dev/name={name}" if name else "")
    return kube.items("pods", namespace, selector)


def one_driver(namespace: str, name: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        return next((pod for pod in drivers(namespace) if pod["metadata"]["name"] == name), None)

    return kube.wait(f"pod {name}", 30, look)


def set_phase(namespace: str, name: str, phase: str, exit_code: int | None = None, message: str = "") -> None:
    """Let a driver be in this phase, as a kubelet does; `message` is its termination message."""
    status: dict[str, Any] = {"phase": phase}
    if exit_code is not None:
        ended = {
            "exitCode": exit_code,
            "reason": "Completed" if exit_code == 0 else "Error",
            "message": message,
        }
        state = {
            "name": "spark-kubernetes-driver",
            "ready": False,
            "restartCount": 0,
            "image": "i",
            "imageID": "",
        }
        status["containerStatuses"] = [{**state, "state": {"terminated": ended}}]
    patch = json.dumps({"status": status})
    kube.kubectl("patch", "pod", name, "-n", namespace, "--subresource=status", "--type=merge", "-p", patch)


def state(namespace: str, wanted: str, name: str = "etl", run: int | None = None) -> dict[str, Any]:
    found: dict[str, Any] = kube.wait_state("sparkjob", name, namespace, (wanted,), 30, run)["status"]
    return found


def patch(namespace: str, name: str, spec: dict[str, Any]) -> None:
    """Change the spec of a job."""
    document = json.dumps({"spec": spec})
    kube.kubectl("patch", "sparkjob", name, "-n", namespace, "--type=merge", "-p", document)


def annotate(namespace: str, name: str, key: str, value: str) -> None:
    """Ask something of a job."""
    asked = f"emberlake.dev/{key}={value}"
    kube.kubectl("annotate", "--overwrite", "sparkjob", name, "-n", namespace, asked)


def names(kind: str, namespace: str, job: str) -> set[str]:
    """Names of a job's children of a kind."""
    return {item["metadata"]["name"] for item in kube.items(kind, namespace, f"emberlake.dev/name={job}")}
