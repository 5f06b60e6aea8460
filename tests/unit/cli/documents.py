"""SparkJobs and pods as the API server returns them."""

from typing import Any

SPEC = {"type": "Python", "mainApplicationFile": "s3://lake/jobs/etl.py", "driver": {}, "executor": {}}


def job(state: str | None = None, *, spec: dict[str, Any] | None = None, **status: Any) -> dict[str, Any]:
    """A SparkJob of generation 1; with a state, the operator has seen it."""
    found: dict[str, Any] = {
        "apiVersion": "emberlake.dev/v1alpha1",
        "kind": "SparkJob",
        "metadata": {
            "name": "etl",
            "namespace": "demo",
            "uid": "u-1",
            "generation": 1,
            "creationTimestamp": "2026-01-01T00:00:00Z",
        },
        "spec": {**SPEC, **(spec or {})},
    }
    if state:
        found["status"] = {"state": state, "observedGeneration": 1, "run": 1, **status}
    return found


def attempt(number: int, run: int = 1) -> dict[str, Any]:
    """status.attempt."""
    pod = f"etl-{run}-{number}-driver"
    return {"number": number, "pod": pod, "applicationId": "spark-1", "createdAt": "2026-01-01T00:00:05Z"}


def pod(run: int, number: int, role: str = "driver", executor: int | None = None) -> dict[str, Any]:
    """A pod of an attempt."""
    labels = {"emberlake.dev/run": str(run), "emberlake.dev/attempt": str(number), "emberlake.dev/role": role}
    if executor is not None:
        labels["spark-exec-id"] = str(executor)
    name = f"etl-{run}-{number}-{role}" if executor is None else f"etl-{run}-{number}-exec-{executor}"
    return {
        "metadata": {"name": name, "labels": labels, "creationTimestamp": "2026-01-01T00:00:05Z"},
        "spec": {"nodeName": "n1", "containers": []},
        "status": {"phase": "Running"},
    }
