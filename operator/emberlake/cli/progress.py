"""Waiting for a SparkJob, and what is shown meanwhile."""

import argparse
import queue
import shutil
import sys
import threading
import time
from collections.abc import Callable
from typing import TextIO

from emberlake.cli import jobs
from emberlake.cli.arguments import duration
from emberlake.cli.cluster import Cluster
from emberlake.cli.errors import CliError, ExitCode
from emberlake.cli.output import Document, age, coloured, span

# Says that the wait is over, and how it ended; None while it is not.
Goal = Callable[[Document], ExitCode | None]
_TICK_SECONDS = 1.0


def finished(job: Document) -> ExitCode | None:
    """The run and every requested one ended; FAILED unless it succeeded."""
    if not jobs.is_settled(job):
        return None
    return ExitCode.OK if jobs.state_of(job) == "Succeeded" else ExitCode.FAILED


def ended(job: Document) -> ExitCode | None:
    """The run ended, no matter how."""
    return ExitCode.OK if jobs.is_settled(job) else None


def reaches(state: str) -> Goal:
    """The job is in `state`; FAILED when it ended in another. A job that succeeded has been Running."""

    def goal(job: Document) -> ExitCode | None:
        found = jobs.state_of(job)
        if found == state or (found == "Succeeded" and state == "Running" and jobs.is_settled(job)):
            return ExitCode.OK
        return ExitCode.FAILED if jobs.is_settled(job) else None

    return goal


def add_wait_options(parser: argparse.ArgumentParser, *, what: str) -> None:
    """`--wait` and how long."""
    parser.add_argument("--wait", action="store_true", help=what)
    add_timeout(parser)


def add_timeout(parser: argparse.ArgumentParser) -> None:
    """`--timeout`."""
    parser.add_argument(
        "--timeout",
        type=duration,
        metavar="DURATION",
        help="wait no longer than, for example, 90s or 2h, and exit with 4; default: no limit",
    )


def await_goal(
    cluster: Cluster,
    name: str,
    goal: Goal,
    timeout: float | None,
    begun: Callable[[Document], bool] = lambda _: True,
) -> int:
    """Wait, with progress on stderr; says at the end how the job stands. Shown is only what `begun` holds of:
    how it stood before is no news of what is waited for.

    Raises:
        CliError: TIMEOUT, NOT_FOUND when the job is deleted meanwhile, FAILED with the job's failure.
    """
    progress = Progress(name, sys.stderr)
    try:
        job, code = _follow(cluster, name, goal, timeout, progress, begun)
    finally:
        progress.close()
    state = jobs.state_of(job)
    if code is ExitCode.FAILED:
        raise CliError(f"{cluster.kind} {name} is {state}: {jobs.message_of(job)}", code)
    status = jobs.status_of(job)
    took = age(status.get("startedAt"), status.get("finishedAt"))
    ending = f" after {took}" if took else ""
    print(f"{cluster.kind} {name} is {coloured(state, sys.stderr)}{ending}", file=sys.stderr)
    return code


def _follow(
    cluster: Cluster,
    name: str,
    goal: Goal,
    timeout: float | None,
    progress: "Progress",
    begun: Callable[[Document], bool],
) -> tuple[Document, ExitCode]:
    updates: queue.Queue[Document | Exception] = queue.Queue()
    threading.Thread(target=_pump, args=(cluster, name, updates), daemon=True).start()
    deadline = None if timeout is None else time.monotonic() + timeout
    while True:
        try:
            found = updates.get(timeout=_TICK_SECONDS if timeout is None else min(_TICK_SECONDS, timeout))
        except queue.Empty:
            progress.draw()
        else:
            if isinstance(found, Exception):
                raise found
            if (code := goal(found)) is not None:
                return found, code
            if begun(found):
                progress.show(found)
        if deadline is not None and time.monotonic() >= deadline:
            raise CliError(
                f"{cluster.kind} {name} is still {progress.state} after {span(timeout or 0)}:"
                f" {progress.message}",
                ExitCode.TIMEOUT,
            )


def _pump(cluster: Cluster, name: str, updates: "queue.Queue[Document | Exception]") -> None:
    try:
        for job in cluster.versions(name):
            updates.put(job)
    except Exception as error:  # noqa: BLE001 - raised again by the thread that waits
        updates.put(error)


class Progress:
    """How a job stands: one line that is drawn again on a terminal, else a line for each change."""

    def __init__(self, name: str, stream: TextIO) -> None:
        self.state = "Pending"
        self.message = "waits for the operator"
        self._name = name
        self._stream = stream
        self._live = stream.isatty()
        self._place = ""
        self._since: str | None = None
        self._drawn = ""

    def show(self, job: Document) -> None:
        """Take over a new version of the job."""
        status = jobs.status_of(job)
        attempt = jobs.attempt_of(job)
        self.state, self.message = jobs.state_of(job), jobs.message_of(job)
        if self.state in jobs.FINAL and not jobs.is_settled(job):
            self.state, self.message = "Pending", f"the operator takes up what changed after {self.state}"
        self._since = status.get("startedAt") or job["metadata"]["creationTimestamp"]
        self._place = f" (run {status['run']}, attempt {attempt})" if attempt else ""
        self.draw()

    def draw(self) -> None:
        """Write the line, with the time as it is now on a terminal."""
        text = f"{self._name}: {self.state}{self._place}: {' '.join(self.message.split())}"
        if self._live:
            width = shutil.get_terminal_size().columns
            line = f"[{age(self._since) or '0s'}] {text}"[: width - 1]
            self._stream.write(f"\r\033[K{line.replace(self.state, coloured(self.state, self._stream), 1)}")
        elif text != self._drawn:
            self._stream.write(text + "\n")
        self._drawn = text
        self._stream.flush()

    def close(self) -> None:
        """Take the line away."""
        if self._live and self._drawn:
            self._stream.write("\r\033[K")
            self._stream.flush()
