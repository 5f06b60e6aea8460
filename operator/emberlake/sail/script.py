"""The user's program, a child process that talks Spark Connect; its output goes straight to the pod's log."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Self
from urllib.parse import unquote, urlsplit

from emberlake.sail.config import SailConfig
from emberlake.sail.refusal import Refusal

# Python runs the sitecustomize.py that it finds there
_STARTUP = Path(__file__).with_name("startup")
_PIPES = "EMBERLAKE_PIPES"
_HEARD_SECONDS = 1.0
_GRACE_SECONDS = 5.0
_PARAMETERS = "sql-parameters.json"
_LOCAL_SCHEMES = ("", "local", "file")


class Program:
    """An interpreter that loads PySpark and then waits for `go`; it does not outlive the `with` block."""

    def __init__(self, process: "subprocess.Popen[bytes]", gate: int, notices: int) -> None:
        """`gate`: to write to for `go`. `notices`: where it tells what the client of Spark Connect lacks."""
        self.process = process
        self._gate = gate
        self._pipe = notices
        self._listener: Thread | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def go(self, lacks: Callable[[Refusal], None]) -> None:
        """Let it run its file; `lacks` is told, from a thread, of all that the client cannot do."""
        self._listener = Thread(target=_listen, args=(self._pipe, lacks), daemon=True, name="notices")
        self._listener.start()
        # it may have ended meanwhile
        with suppress(BrokenPipeError):
            os.write(self._gate, b"g")

    def heard(self) -> None:
        """Wait until all is told that a program which has ended had to tell."""
        if self._listener is not None:
            # a process that it forked and left behind may hold the pipe
            self._listener.join(_HEARD_SECONDS)

    def end(self) -> None:
        """Ask it to end, and make it end."""
        self.process.terminate()
        try:
            self.process.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def start(config: SailConfig, file: Path, folder: Path, port: int) -> Program:
    """Start the interpreter of the script, or of the statements, in the working directory.

    Args:
        file: what it runs; need not be there before `go`.
        folder: takes what else the program reads.
        port: where Spark Connect's service listens by then.
    """
    command = [sys.executable, str(file), *config.arguments]
    if config.kind == "SQL":
        parameters = folder / _PARAMETERS
        parameters.write_text(json.dumps(dict(config.parameters)), encoding="utf-8")
        command = [
            sys.executable,
            "-m",
            "emberlake.sail.sqlscript",
            str(file),
            "--parameters",
            str(parameters),
        ]
    (reading, notices), (gate, opened) = os.pipe(), os.pipe()
    process = subprocess.Popen(  # noqa: S603  # a list, and no shell
        command, env=environment(os.environ, port, notices, gate), pass_fds=(notices, gate)
    )
    os.close(notices)
    os.close(gate)
    return Program(process, opened, reading)


def environment(own: Mapping[str, str], port: int, notices: int, gate: int) -> dict[str, str]:
    """What the program sees: the pod's environment, where its session is served, and its two pipes."""
    path = [str(_STARTUP), *filter(None, [own.get("PYTHONPATH")])]
    return {
        **own,
        "SPARK_REMOTE": f"sc://127.0.0.1:{port}",
        "PYTHONPATH": os.pathsep.join(path),
        _PIPES: f"{os.getpid()}:{notices}:{gate}",
    }


def _listen(reading: int, lacks: Callable[[Refusal], None]) -> None:
    with os.fdopen(reading, encoding="utf-8") as notices:
        for line in notices:
            found = json.loads(line)
            lacks(Refusal(found["feature"], found["message"]))


def local_file(config: SailConfig, folder: Path) -> Path:
    """Where the application lies in this pod; one in S3 is fetched into `folder`."""
    parts = urlsplit(config.application)
    path = Path(unquote(parts.path))
    return path if parts.scheme in _LOCAL_SCHEMES else folder / path.name


def fetch(config: SailConfig, file: Path) -> None:
    """Fetch an application that lies in S3.

    Raises:
        emberlake.crawler.failure.Problem: it is not there, or not ours to see.
        emberlake.crawler.failure.RetryableError: S3 does not answer.
    """
    parts = urlsplit(config.application)
    if parts.scheme not in _LOCAL_SCHEMES:
        # the client of S3 takes long to load
        from emberlake.sail.download import download  # noqa: PLC0415

        download(config.catalogs, parts.netloc, unquote(parts.path).lstrip("/"), file)
