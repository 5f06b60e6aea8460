"""SparkApplication of apache/spark-kubernetes-operator 1: its jar as a process."""

import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from demo import kube

from bench.submission.adapters.base import PLACEMENT
from bench.submission.adapters.program import Program, ensure_kind

_PROBE = 19091


class Apache:
    """The operator with its defaults, watching one namespace."""

    group, version, plural = "spark.apache.org", "v1", "sparkapplications"
    accounts = ("spark",)
    job_label = "spark.operator/spark-app-name"
    driver_selector = "spark-role=driver,spark.operator/name=spark-kubernetes-operator"

    def __init__(self, binary: Path | None) -> None:
        if binary is None:
            raise ValueError("give --binary PATH of spark-kubernetes-operator.jar")
        self._jar, self._program = binary, Program("spark-kubernetes-operator")

    def start(self, namespace: str, folder: Path) -> int:
        """Start it and wait until its probe answers."""
        for kind in ("SparkApplication", "SparkCluster"):
            ensure_kind(self.group, self.version, kind, f"{kind.lower()}s")
        properties = folder / "spark-operator.properties"
        properties.write_text(
            f"spark.kubernetes.operator.namespace={namespace}\n"
            f"spark.kubernetes.operator.watchedNamespaces={namespace}\n"
        )
        command = [
            "java",
            "-Xmx2g",
            f"-Dspark.kubernetes.operator.basePropertyFileName={properties}",
            "-cp",
            str(self._jar),
            "org.apache.spark.k8s.operator.SparkOperator",
        ]
        log = folder / "operator.log"
        pid = self._program.start(command, log, {})

        def ready() -> bool | None:
            self._program.check(log)
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{_PROBE}/readyz", timeout=2):
                    return True
            except (urllib.error.URLError, OSError):
                return None

        kube.wait("spark-kubernetes-operator to be ready", 120, ready)
        return pid

    def stop(self) -> None:
        """End it."""
        self._program.stop()

    def manifest(self, name: str) -> dict[str, Any]:
        """The application of its own benchmark, placed on the fake node."""
        return {
            "apiVersion": f"{self.group}/{self.version}",
            "kind": "SparkApplication",
            "metadata": {"name": name},
            "spec": {
                "mainClass": "org.apache.spark.examples.DriverSubmissionTest",
                "jars": "local:///opt/spark/examples/jars/spark-examples.jar",
                "driverArgs": ["0"],
                "sparkConf": {
                    "spark.kubernetes.authenticate.driver.serviceAccountName": "spark",
                    "spark.kubernetes.container.image": "spark:bench",
                    "spark.kubernetes.driver.master": "local[1]",
                },
                "driverSpec": {"podTemplateSpec": {"spec": dict(PLACEMENT)}},
                "runtimeVersions": {"sparkVersion": "4.1.4"},
            },
        }

    def phase(self, obj: Mapping[str, Any]) -> str | None:
        """The last state it passed that tells of the driver; its final ResourceReleased tells nothing."""
        history = obj.get("status", {}).get("stateTransitionHistory") or {}
        for moment in sorted(history, key=int, reverse=True):
            summary = history[moment]["currentStateSummary"]
            if summary in ("Succeeded", "Failed"):
                return str(summary)
            if summary in ("SchedulingFailure", "DriverEvicted") or summary.endswith("TimedOut"):
                return "Failed"
            if summary.startswith(("DriverStarted", "DriverReady", "Running", "Initialized")):
                return "Running"
        return None
