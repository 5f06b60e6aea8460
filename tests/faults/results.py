"""What plans came to, kept in files so that several runs of the suite add up.

A result counts for the operator's source that it was found with; a reference also for the suite's.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from demo import kube

from faults.calls import Write
from faults.record import Masks
from faults.trial import Reference

FOLDER = kube.ROOT / ".build/faults"
# Not part of the operator's process.
_OTHER = ("cli", "crawler", "sail")


@dataclass(frozen=True)
class Result:
    """One try of a plan; no problems means that it passed. Times are in seconds."""

    plan: str
    detail: str
    source: str
    problems: tuple[str, ...]
    seconds: float
    recovery: float | None = None

    @property
    def passed(self) -> bool:
        """Whether nothing was wrong."""
        return not self.problems


@dataclass(frozen=True)
class Store:
    """The results on disk, for one state of the sources."""

    source: str
    suite: str
    folder: Path

    @classmethod
    def open(cls, folder: Path = FOLDER) -> "Store":
        """For the sources as they are now."""
        operator = kube.ROOT / "operator/emberlake"
        files = [file for file in operator.rglob("*.py") if file.relative_to(operator).parts[0] not in _OTHER]
        suite = kube.ROOT / "tests/faults"
        folder.mkdir(parents=True, exist_ok=True)
        return cls(_digest(files), _digest([*suite.glob("*.py"), *suite.glob("workloads/*.py")]), folder)

    def results(self) -> list[Result]:
        """All that count, oldest first."""
        file = self.folder / "results.jsonl"
        if not file.exists():
            return []
        documents = [json.loads(line) for line in file.read_text().splitlines()]
        found = [Result(**{**document, "problems": tuple(document["problems"])}) for document in documents]
        return [result for result in found if result.source == self.source]

    def add(self, result: Result) -> None:
        """Keep a result."""
        with (self.folder / "results.jsonl").open("a") as file:
            file.write(json.dumps(asdict(result)) + "\n")

    def reference(self, workload: str, quiet: float) -> Reference | None:
        """What was learned of a workload that was quiet for so many seconds, None when that is to be done."""
        file = self._file(workload)
        if not file.exists():
            return None
        found = json.loads(file.read_text())
        if found["quiet"] < quiet:
            return None
        return Reference(
            state=found["state"],
            masks=Masks(frozenset(found["masks"])),
            counts={name: (made, gone) for name, (made, gone) in found["counts"].items()},
            writes=tuple(Write(**write) for write in found["writes"]),
            seen=tuple(found["seen"]),
            quiet=found["quiet"],
        )

    def keep(self, workload: str, reference: Reference) -> None:
        """Keep what was learned of a workload."""
        document = {
            "state": reference.state,
            "masks": sorted(reference.masks.paths),
            "counts": reference.counts,
            "writes": [asdict(write) for write in reference.writes],
            "seen": reference.seen,
            "quiet": reference.quiet,
        }
        self._file(workload).parent.mkdir(parents=True, exist_ok=True)
        self._file(workload).write_text(json.dumps(document, indent=1))

    def _file(self, workload: str) -> Path:
        return self.folder / "references" / f"{self.source}-{self.suite}" / f"{workload}.json"


def _digest(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for file in sorted(files):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]
