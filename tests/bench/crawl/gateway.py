"""A local versitygw over a folder: objects are files that are dropped into it."""

import contextlib
import os
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from emberlake.crawler.config import S3Settings

ACCESS_KEY, SECRET_KEY = "bench", "bench-secret"
BUCKET = "lake"


@dataclass(frozen=True)
class Gateway:
    """A running one: its `folder` is the bucket."""

    endpoint: str
    folder: Path
    pid: int

    @property
    def settings(self) -> S3Settings:
        """How the crawler reaches it."""
        return S3Settings(self.endpoint, "us-east-1", path_style=True)

    @property
    def cpu_seconds(self) -> float:
        """CPU it took so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def gateway() -> Iterator[Gateway]:
    """One on a free port with an empty bucket; its files go with it."""
    os.environ |= {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY}
    with tempfile.TemporaryDirectory(prefix="emberlake-bench-") as scratch:
        root = Path(scratch)
        (root / "data" / BUCKET).mkdir(parents=True)
        (root / "iam").mkdir()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = ["versitygw", "--port", f"127.0.0.1:{port}", "--region", "us-east-1", "--keep-alive"]
        command += ["--quiet", "--health", "/health", "--iam-dir", str(root / "iam"), "posix"]
        environment = os.environ | {"ROOT_ACCESS_KEY_ID": ACCESS_KEY, "ROOT_SECRET_ACCESS_KEY": SECRET_KEY}
        process = subprocess.Popen(
            [*command, str(root / "data")],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait(f"http://127.0.0.1:{port}/health")
            yield Gateway(f"http://127.0.0.1:{port}", root / "data" / BUCKET, process.pid)
        finally:
            process.terminate()
            process.wait()


def _wait(url: str) -> None:
    for _ in range(100):
        try:
            urllib.request.urlopen(url, timeout=1)  # noqa: S310  # our own address
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(url)
