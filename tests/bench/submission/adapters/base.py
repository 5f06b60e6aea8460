"""The adapter's interface, and what all drivers of the bench have in common."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

NODE_SELECTOR = {"emberlake.dev/bench": "fake"}
TAINT = {"key": "emberlake.dev/bench", "value": "fake", "effect": "NoSchedule"}
PLACEMENT: Mapping[str, Any] = {
    "nodeSelector": NODE_SELECTOR,
    "tolerations": [{**TAINT, "operator": "Equal"}],
}


class Adapter(Protocol):
    """One operator.

    Attributes:
        group, version, plural: where its resource is found.
        accounts: ServiceAccounts that must exist in the jobs' namespace.
        job_label: label of a driver pod that names its job.
        driver_selector: label selector of its driver pods.
    """

    group: str
    version: str
    plural: str
    accounts: tuple[str, ...]
    job_label: str
    driver_selector: str

    def __init__(self, binary: Path | None) -> None:
        """`binary`: the operator's program, for one that is not built here."""

    def start(self, namespace: str, folder: Path) -> int:
        """Start the operator as a process that watches `namespace`; returns its process id when it is ready.

        Args:
            folder: an empty folder for its configuration and log.
        """

    def stop(self) -> None:
        """End the process."""

    def manifest(self, name: str) -> dict[str, Any]:
        """A job of this name: no executors, nothing to do, placed by PLACEMENT."""

    def phase(self, obj: Mapping[str, Any]) -> str | None:
        """What the resource tells of its driver: Running, Succeeded, Failed, or None before that."""
