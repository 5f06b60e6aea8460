"""SparkApplication of kubeflow/spark-operator 2: its controller as a process, spark-submit of SPARK_HOME."""

import os
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from demo import kube

from bench.submission.adapters.base import PLACEMENT
from bench.submission.adapters.program import Program, ensure_kind

_KINDS = (
    ("v1beta2", "SparkApplication"),
    ("v1beta2", "ScheduledSparkApplication"),
    ("v1alpha1", "SparkConnect"),
)
_PROBE = 18081


class Kubeflow:
    """The controller with its chart's defaults; no webhook, as its pod templates need none."""

    group, version, plural = "sparkoperator.k8s.io", "v1beta2", "sparkapplications"
    accounts = ("spark",)
    job_label = "sparkoperator.k8s.io/app-name"
    driver_selector = "spark-role=driver,sparkoperator.k8s.io/launched-by-spark-operator=true"

    def __init__(self, binary: Path | None) -> None:
        if binary is None or "SPARK_HOME" not in os.environ:
            raise ValueError("give --binary PATH of spark-operator, and SPARK_HOME with bin/spark-submit")
        self._binary, self._program = binary, Program("spark-operator")

    def start(self, namespace: str, folder: Path) -> int:
        """Start it and wait until its probe answers."""
        for version, kind in _KINDS:
            ensure_kind(self.group, version, kind, f"{kind.lower()}s")
        log = folder / "operator.log"
        command = [
            str(self._binary),
            "controller",
            "start",
            f"--namespaces={namespace}",
            "--controller-threads=10",
            "--enable-ui-service=true",
            "--leader-election=false",
            "--workqueue-ratelimiter-bucket-qps=50",
            "--workqueue-ratelimiter-bucket-size=500",
            f"--health-probe-bind-address=127.0.0.1:{_PROBE}",
        ]
        pid = self._program.start(command, log, _api_server())

        def ready() -> bool | None:
            self._program.check(log)
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{_PROBE}/readyz", timeout=2):
                    return True
            except (urllib.error.URLError, OSError):
                return None

        kube.wait("spark-operator to be ready", 60, ready)
        return pid

    def stop(self) -> None:
        """End it."""
        self._program.stop()

    def manifest(self, name: str) -> dict[str, Any]:
        """A Python application without executors."""
        container = {"name": "spark-kubernetes-driver"}
        return {
            "apiVersion": f"{self.group}/{self.version}",
            "kind": "SparkApplication",
            "metadata": {"name": name},
            "spec": {
                "type": "Python",
                "mode": "cluster",
                "sparkVersion": "4.1.4",
                "image": "spark:bench",
                "mainApplicationFile": "local:///opt/app/nothing.py",
                "restartPolicy": {"type": "Never"},
                "driver": {
                    "cores": 1,
                    "memory": "1g",
                    "serviceAccount": "spark",
                    "template": {"spec": {**PLACEMENT, "containers": [container]}},
                },
                "executor": {"instances": 0, "cores": 1, "memory": "1g"},
            },
        }

    def phase(self, obj: Mapping[str, Any]) -> str | None:
        """Its application state, in the words of pods."""
        state = obj.get("status", {}).get("applicationState", {}).get("state")
        known = {"RUNNING": "Running", "COMPLETED": "Succeeded", "FAILED": "Failed"}
        return known.get(state) or ("Failed" if state == "SUBMISSION_FAILED" else None)


def _api_server() -> dict[str, str]:
    query = "jsonpath={.clusters[0].cluster.server}"
    url = urllib.parse.urlsplit(kube.kubectl("config", "view", "--minify", "-o", query))
    return {"KUBERNETES_SERVICE_HOST": url.hostname or "", "KUBERNETES_SERVICE_PORT": str(url.port or 443)}
