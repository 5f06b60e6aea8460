"""Another project's operator: a program of its own, and its kinds without a schema."""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from demo import kube


class Program:
    """A process that is started once and ended at the end."""

    def __init__(self, what: str) -> None:
        """`what` names it in errors."""
        self._what = what
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, command: Sequence[str], log: Path, environment: Mapping[str, str]) -> int:
        """Start it; returns its process id."""
        with log.open("ab") as out:
            self._process = subprocess.Popen(
                [*command],
                env={**os.environ, "KUBECONFIG": kube.KUBECONFIG, **environment},
                stdout=out,
                stderr=out,
            )
        return self._process.pid

    def check(self, log: Path) -> None:
        """Raise if it has ended, with the end of its log."""
        if self._process is not None and self._process.poll() is not None:
            raise RuntimeError(f"{self._what} ended:\n{log.read_text()[-3000:]}")

    def stop(self) -> None:
        """End it as Kubernetes would."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(timeout=30)


def ensure_kind(group: str, version: str, kind: str, plural: str) -> None:
    """Make the kind known to the cluster, any field allowed, unless it is known already."""
    name = f"{plural}.{group}"
    if kube.kubectl("get", "crd", name, "--ignore-not-found"):
        return
    kube.kubectl("create", "-f", "-", stdin=_definition(group, version, kind, plural))
    kube.kubectl("wait", "--for=condition=Established", f"crd/{name}", "--timeout=30s")


def _definition(group: str, version: str, kind: str, plural: str) -> str:
    document: dict[str, Any] = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}", "labels": {"emberlake.dev/bench": "true"}},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"kind": kind, "plural": plural, "singular": kind.lower()},
            "versions": [
                {
                    "name": version,
                    "served": True,
                    "storage": True,
                    "subresources": {"status": {}},
                    "schema": {
                        "openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
                    },
                }
            ],
        },
    }
    return json.dumps(document)
