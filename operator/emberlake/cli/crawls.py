"""What people want to know about a Crawl, read from its document and its pod's log. Pure."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from emberlake.cli import jobs
from emberlake.cli.errors import ExitCode

Document = Mapping[str, Any]
CONTAINER = "crawler"
JOB_LABEL = "batch.kubernetes.io/job-name"


@dataclass(frozen=True)
class Request:
    """A request by annotation: `field` of the status becomes `value` when a run of `mode` takes it up.

    A run of a Crawl with `dryRun` is of the mode Plan.
    """

    annotation: str
    field: str
    value: str
    mode: str

    @property
    def _modes(self) -> tuple[str, ...]:
        return ("Crawl", "Plan") if self.mode == "Crawl" else (self.mode,)

    def begun(self, crawl: Document) -> bool:
        """Whether the state tells of this request, or of a run that goes on; not of what ended before."""
        status = jobs.status_of(crawl)
        return status.get(self.field) == self.value or (
            bool(status.get("run")) and not status.get("finishedAt")
        )

    def run(self, crawl: Document) -> Document | None:
        """The run that was made for it, once it ended."""
        status = jobs.status_of(crawl)
        active = status.get("mode") in self._modes and not status.get("finishedAt")
        if status.get(self.field) != self.value or active:
            return None
        runs = [run for run in status.get("history") or () if run["mode"] in self._modes]
        return runs[-1] if runs else None

    def goal(self, crawl: Document) -> ExitCode | None:
        """Whether the run ended, and how."""
        status = jobs.status_of(crawl)
        if status.get("reason") == "InvalidRollback" and status.get(self.field) == self.value:
            return ExitCode.FAILED
        run = self.run(crawl)
        if run is None:
            return None
        return ExitCode.OK if run["state"] == "Succeeded" else ExitCode.FAILED


def hindrance(crawl: Document) -> str | None:
    """Why a run that is asked for would not start."""
    return "spec.suspend is set: take it away first" if crawl["spec"].get("suspend") else None


def afterthought(crawl: Document) -> str | None:
    """What becomes of a rollback."""
    if crawl["spec"].get("suspend"):
        return None
    return "the next run does again what was taken back: set spec.suspend to keep it from that"


def planned(pieces: Iterable[bytes], event: str = "Planned") -> Iterator[Document]:
    """The tables of a plan, from the log of a dry run; or those that another event tells of."""
    for line in b"".join(pieces).splitlines():
        try:
            found = json.loads(line)
        except ValueError:
            continue
        if isinstance(found, dict) and found.get("event") == event:
            yield found["table"]


def plan_row(table: Document) -> tuple[str, ...]:
    """One table of a plan for people: what, why, and how many partitions."""
    why = table["problem"] or "; ".join(table["changes"])
    counts = table["partitions"]
    signs = (("+", "added"), ("~", "updated"), ("-", "dropped"))
    partitions = " ".join(f"{sign}{counts[key]}" for sign, key in signs if counts[key])
    return table["action"], table["name"], table.get("format") or "", partitions, table["location"], why


def history_row(run: Document) -> tuple[str, ...]:
    """One run for people."""
    numbers = (str(run["run"]), run["mode"], run["state"], run["reason"])
    counts = tuple(str(run[key]) for key in ("created", "updated", "deleted"))
    return (*numbers, *counts, run.get("startedAt") or "", run.get("finishedAt") or "")
