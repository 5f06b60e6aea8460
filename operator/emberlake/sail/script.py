"""The user's program, a child process that talks Spark Connect; its output goes straight to the pod's log."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from urllib.parse import unquote, urlsplit

from emberlake.sail.config import SailConfig
from emberlake.sail.refusal import Refusal

# Python runs the sitecustomize.py that it finds there
_STARTUP = Path(__file__).with_name("startup")
_NOTICES = "EMBERLAKE_NOTICES"
_HEARD_SECONDS = 1.0
_GRACE_SECONDS = 5.0
_LOCAL_SCHEMES = ("", "local", "file")
_PARAMETERS = "parameters.json"


@dataclass(frozen=True)
class Program:
    """A running program, and the thread that hears what it lacks."""

    process: "subprocess.Popen[bytes]"
    notices: Thread

    def heard(self) -> None:
        """Wait until all is told that a program which has ended had to tell."""
        # a process that it forked and left behind may hold the pipe
        self.notices.join(_HEARD_SECONDS)

    def end(self) -> None:
        """Ask it to end, and make it end."""
        self.process.terminate()
        try:
            self.process.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def start(config: SailConfig, port: int, folder: Path, lacks: Callable[[Refusal], None]) -> "Program":
    """Start the script, or the statements' runner, in the working directory.

    Args:
        port: where Spark Connect's service listens.
        folder: takes files that the program needs.
        lacks: is told, from a thread, of all that the client of Spark Connect cannot do.

    Raises:
        emberlake.crawler.failure.Problem: the program's file is not in S3, or not ours to see.
        emberlake.crawler.failure.RetryableError: S3 does not answer.
    """
    file = str(local_file(config, folder))
    command = [sys.executable, file, *config.arguments]
    if config.kind == "SQL":
        parameters = folder / _PARAMETERS
        parameters.write_text(json.dumps(dict(config.parameters)), encoding="utf-8")
        command = [sys.executable, "-m", "emberlake.sail.sqlscript", file, "--parameters", str(parameters)]
    reading, writing = os.pipe()
    process = subprocess.Popen(  # noqa: S603  # a list, and no shell
        command, env=environment(os.environ, port, writing), pass_fds=(writing,)
    )
    os.close(writing)
    notices = Thread(target=_listen, args=(reading, lacks), daemon=True, name="notices")
    notices.start()
    return Program(process, notices)


def environment(own: Mapping[str, str], port: int, notices: int) -> dict[str, str]:
    """What the program sees: the pod's environment, where its session is served, and whom it tells."""
    path = [str(_STARTUP), *filter(None, [own.get("PYTHONPATH")])]
    return {
        **own,
        "SPARK_REMOTE": f"sc://127.0.0.1:{port}",
        "PYTHONPATH": os.pathsep.join(path),
        _NOTICES: f"{notices}:{os.getpid()}",
    }


def _listen(reading: int, lacks: Callable[[Refusal], None]) -> None:
    with os.fdopen(reading, encoding="utf-8") as notices:
        for line in notices:
            found = json.loads(line)
            lacks(Refusal(found["feature"], found["message"]))


def local_file(config: SailConfig, folder: Path) -> Path:
    """The application as a file in this pod; one in S3 is fetched into `folder`.

    Raises:
        as `start`.
    """
    parts = urlsplit(config.application)
    path = unquote(parts.path)
    if parts.scheme in _LOCAL_SCHEMES:
        return Path(path)
    # the client of S3 takes longer to load than Sail to start: only who needs it waits
    from emberlake.sail.download import download  # noqa: PLC0415

    target = folder / Path(path).name
    download(config.catalogs, parts.netloc, path.lstrip("/"), target)
    return target
