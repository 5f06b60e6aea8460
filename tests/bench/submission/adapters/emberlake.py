"""SparkJob, with the operator of this working tree."""

import socket
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from bench.submission.adapters.base import PLACEMENT
from cluster.conftest import OperatorProcess


class Emberlake:
    """The operator as a process of this machine."""

    group, version, plural = "emberlake.dev", "v1alpha1", "sparkjobs"
    accounts = ("emberlake-driver", "emberlake-executor", "emberlake-crawler")
    job_label = "emberlake.dev/name"
    driver_selector = "emberlake.dev/kind=SparkJob,emberlake.dev/role=driver"

    def __init__(self, binary: Path | None = None) -> None:
        if binary is not None:
            raise ValueError("--binary is for other operators; this one runs from the working tree")
        self.process: OperatorProcess | None = None

    def start(self, namespace: str, folder: Path, **options: Any) -> int:
        """Start it and wait until it is ready.

        Args:
            options: further fields of the OperatorProcess.
        """
        self.process = OperatorProcess(namespace, folder, _free_port(), **options)
        self.process.start()
        if self.process.process is None:
            raise RuntimeError("it does not run")
        return self.process.process.pid

    def stop(self) -> None:
        """End it as Kubernetes would."""
        if self.process is not None:
            self.process.terminate()

    def metric(self, name: str) -> float:
        """Sum over the series of one of its metrics."""
        if self.process is None:
            raise RuntimeError("it does not run")
        with urllib.request.urlopen(f"http://127.0.0.1:{self.process.port}/metrics", timeout=10) as answer:
            families = text_string_to_metric_families(answer.read().decode())
        return sum(sample.value for family in families for sample in family.samples if sample.name == name)

    def manifest(self, name: str) -> dict[str, Any]:
        """A Python job without executors."""
        return {
            "apiVersion": f"{self.group}/{self.version}",
            "kind": "SparkJob",
            "metadata": {"name": name},
            "spec": {
                "type": "Python",
                "mainApplicationFile": "local:///opt/app/nothing.py",
                # The operator under test gives drivers to no scheduler by default.
                "sparkConf": {"spark.kubernetes.driver.scheduler.name": "default-scheduler"},
                "driver": {"template": {"spec": dict(PLACEMENT)}},
                "executor": {"instances": 0},
            },
        }

    def phase(self, obj: Mapping[str, Any]) -> str | None:
        """The printable state, where it tells of the driver."""
        state = obj.get("status", {}).get("state")
        return state if state in ("Running", "Succeeded", "Failed") else None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
