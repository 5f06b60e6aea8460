"""The user's program, a child process that talks Spark Connect; its output goes straight to the pod's log."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from emberlake.sail.config import SailConfig

_LOCAL_SCHEMES = ("", "local", "file")
_PARAMETERS = "parameters.json"


def start(config: SailConfig, port: int, folder: Path) -> "subprocess.Popen[bytes]":
    """Start the script, or the statements' runner, in the working directory.

    Args:
        port: where Spark Connect's service listens.
        folder: takes files that the program needs.

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
    return subprocess.Popen(command, env=environment(os.environ, port))  # noqa: S603  # a list, and no shell


def environment(own: Mapping[str, str], port: int) -> dict[str, str]:
    """What the program sees: the pod's environment, and where its session is served."""
    return {**own, "SPARK_REMOTE": f"sc://127.0.0.1:{port}"}


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
