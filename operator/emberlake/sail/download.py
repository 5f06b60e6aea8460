"""Files of a job that lie in S3."""

from collections.abc import Sequence
from pathlib import Path

from emberlake.clients.retry import Backoff
from emberlake.clients.s3 import S3Store, make_client
from emberlake.crawler.config import S3Settings
from emberlake.sail.config import SailCatalog

_CHUNK = 8 * 1024 * 1024


def download(catalogs: Sequence[SailCatalog], bucket: str, key: str, target: Path) -> None:
    """Copy an object into a file, with the credentials of the environment.

    Raises:
        emberlake.crawler.failure.Problem: it is not there, or not ours to see.
        emberlake.crawler.failure.RetryableError: S3 does not answer.
    """
    store = S3Store(make_client(catalogs[0].s3 if catalogs else S3Settings()), Backoff(total=30.0))
    with target.open("wb") as file:
        while chunk := store.get_range(bucket, key, file.tell(), _CHUNK):
            file.write(chunk)
            if len(chunk) < _CHUNK:
                return
