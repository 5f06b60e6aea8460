"""Entry of the driver pod: Sail, the gateway before it, the user's program, and a report at the end."""

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from queue import Empty, SimpleQueue
from tempfile import TemporaryDirectory
from threading import Thread
from typing import TYPE_CHECKING

from emberlake.sail import script
from emberlake.sail.config import SAIL_JSON, SailConfig, load
from emberlake.sail.refusal import Refusal
from emberlake.sail.report import UNSUPPORTED_CODE, Report, Unsupported
from emberlake.sail.server import HOST, Server, free_port

if TYPE_CHECKING:
    from emberlake.sail.commit import Committer

TERMINATION_LOG = Path("/dev/termination-log")
_CONFIG = Path("/opt/spark/conf", SAIL_JSON)
_SEEN_SECONDS = 0.2
_BY_SIGNAL = 128
_KILLED = _BY_SIGNAL + signal.SIGKILL


@dataclass(frozen=True)
class Ended:
    """What ended first: `SCRIPT`, `SERVER`, the pod by a `SIGNAL`, or `REFUSED`: the engine cannot go on.

    `code` as a shell tells it.
    """

    who: str
    code: int


SCRIPT, SERVER, SIGNAL, REFUSED = "script", "server", "signal", "refused"
Endings = SimpleQueue[Ended]


@dataclass(frozen=True)
class Outcome:
    """The exit code, how many writes of the run stand in tables, and what the engine did not do."""

    code: int
    commits: int
    refusal: Refusal | None = None


def main(argv: Sequence[str] | None = None) -> int:
    """Run one attempt; returns the exit code of the pod."""
    parser = argparse.ArgumentParser(description="Run a PySpark script or SQL statements on Sail.")
    parser.add_argument("--config", type=Path, default=_CONFIG, help="configuration file (JSON)")
    parser.add_argument("--termination-log", type=Path, default=TERMINATION_LOG, help="where the report goes")
    options = parser.parse_args(argv)
    endings: Endings = SimpleQueue()
    signal.signal(signal.SIGTERM, lambda number, _: endings.put(Ended(SIGNAL, _BY_SIGNAL + number)))
    config, termination_log = load(options.config), options.termination_log
    # a kill leaves no time to say that nothing was written
    leave(termination_log, 0)
    with Server(config.server) as server, TemporaryDirectory() as folder:
        _watch(endings, SERVER, server.process)
        outcome = run(config, server.port, Path(folder), endings, partial(leave, termination_log))
    tell(outcome, termination_log)
    return outcome.code


def tell(outcome: Outcome, termination_log: Path) -> None:
    """Say on standard error what the engine did not do, and leave the report."""
    if found := outcome.refusal:
        print(f"Sail cannot run this program: {found.message} ({found.feature})", file=sys.stderr)  # noqa: T201
    leave(termination_log, outcome.commits, found)


def leave(termination_log: Path, commits: int, refusal: Refusal | None = None) -> None:
    """Leave the report, on the disk by the time this returns: the node may go down as well."""
    if termination_log.parent.is_dir():
        unsupported = Unsupported(refusal.feature, refusal.message) if refusal else None
        with termination_log.open("w", encoding="utf-8") as file:
            file.write(Report(version("pysail"), commits, unsupported).text())
            file.flush()
            os.fsync(file.fileno())


def run(
    config: SailConfig, sail: int, folder: Path, endings: Endings, committing: Callable[[int], None]
) -> Outcome:
    """Serve the program on the server at port `sail`, and wait for what ends first.

    `committing`: as by the Gateway.
    """
    file, port = script.local_file(config, folder), free_port()
    with script.start(config, file, folder, port) as program:
        _watch(endings, SCRIPT, program.process)
        script.fetch(config, file)
        return _served(config, sail, program, port, endings, committing)


def _served(
    config: SailConfig,
    sail: int,
    program: script.Program,
    port: int,
    endings: Endings,
    committing: Callable[[int], None],
) -> Outcome:
    # takes as long to load as Sail to start, and less than the program's PySpark
    from emberlake.sail.gateway import Gateway  # noqa: PLC0415

    def refused(_: Refusal) -> None:
        # nothing of the program can go on: what it did up to here Spark does again
        if config.engine == "Auto":
            endings.put(Ended(REFUSED, UNSUPPORTED_CODE))

    gateway = Gateway(f"{HOST}:{sail}", config, lambda: _committer(config), refused, committing=committing)
    try:
        gateway.start(port)
        program.go(gateway.note)
        ended = _first(endings, program)
        program.heard()
        return judged(config.engine, ended, gateway.close(), gateway.refusal)
    finally:
        gateway.stop(0)


def _first(endings: Endings, program: script.Program) -> Ended:
    """What ended first; the program has ended then, too."""
    ended = endings.get()
    if ended.who != SCRIPT:
        program.end()
    if ended.who == REFUSED:
        ended = _unseen(endings) or ended
    if ended.who == SERVER:
        print(f"Sail ended before the program did, with exit code {ended.code}", file=sys.stderr)  # noqa: T201
    return ended


def _unseen(endings: Endings) -> Ended | None:
    """The end of Sail, which shows as an error in the gateway before anybody has seen it."""
    with suppress(Empty):
        while True:
            if (found := endings.get(timeout=_SEEN_SECONDS)).who == SERVER:
                return found
    return None


def judged(engine: str, ended: Ended, commits: int, refusal: Refusal | None) -> Outcome:
    """What an attempt came to.

    With `Auto` a program that went on without what the engine does not do has not done what it does on Spark.
    A Sail that was killed lacked memory, which the pod tells; one that crashed may not with Spark.
    """
    if engine == "Auto" and ended.who == SERVER and ended.code != _KILLED:
        return Outcome(
            UNSUPPORTED_CODE, commits, Refusal("engine.crash", f"Sail ended with exit code {ended.code}")
        )
    if refusal is None or ended.who in {SERVER, SIGNAL} or (engine == "Sail" and ended.code == 0):
        return Outcome(ended.code, commits)
    return Outcome(UNSUPPORTED_CODE, commits, refusal)


def _committer(config: SailConfig) -> "Committer":
    """Made at the first write: PyIceberg takes a second to load."""
    from emberlake.sail.commit import Committer  # noqa: PLC0415

    return Committer(config.catalogs)


def _watch(endings: Endings, who: str, process: "subprocess.Popen[bytes]") -> None:
    """Put the end of a process into `endings` once it comes; a signal as a shell tells it."""

    def wait() -> None:
        code = process.wait()
        endings.put(Ended(who, _BY_SIGNAL - code if code < 0 else code))

    Thread(target=wait, daemon=True, name=f"waits for the {who}").start()
