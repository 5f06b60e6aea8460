"""S3 through boto3: a client from a Catalog's section, and the few calls the crawler makes, with errors
sorted.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, PartialCredentialsError

from emberlake.clients.retry import Backoff
from emberlake.crawler.config import S3Settings
from emberlake.crawler.failure import Problem, RetryableError
from emberlake.crawler.listing.store import Page, StoredObject

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

T = TypeVar("T")
CONNECTIONS = 16
NEVER = Backoff(total=0.0)
_THROTTLED = frozenset({"SlowDown", "Throttling", "ThrottlingException", "RequestLimitExceeded"})
_REASONS = {
    "NoSuchBucket": ("BucketNotFound", "the bucket does not exist; create it or mend the name"),
    "NoSuchKey": ("ObjectGone", "the object is gone since it was listed; crawl again"),
    "AccessDenied": (
        "AccessDenied",
        "the credentials may not do this; grant it, or name other credentials in the Catalog",
    ),
    "InvalidAccessKeyId": (
        "InvalidCredentials",
        "the access key is not known; mend the Secret of the Catalog",
    ),
    # versitygw's word for it
    "XAdminUserNotFound": (
        "InvalidCredentials",
        "the access key is not known; mend the Secret of the Catalog",
    ),
    "SignatureDoesNotMatch": (
        "InvalidCredentials",
        "the secret key is wrong; mend the Secret of the Catalog",
    ),
    "ExpiredToken": ("InvalidCredentials", "the session token has expired; renew the Secret of the Catalog"),
    "InvalidToken": ("InvalidCredentials", "the session token is not valid; mend the Secret of the Catalog"),
}
_BY_STATUS = {403: "AccessDenied"}


def make_client(settings: S3Settings, *, attempts: int = 8, timeout_seconds: float = 30.0) -> "S3Client":
    """A client; credentials come from the SDK's default chain (environment first)."""
    config = Config(
        region_name=settings.region,
        signature_version="s3v4",
        s3={"addressing_style": "path" if settings.path_style else "auto"},
        retries={"total_max_attempts": attempts, "mode": "standard"},
        connect_timeout=min(5.0, timeout_seconds),
        read_timeout=timeout_seconds,
        max_pool_connections=CONNECTIONS,
    )
    session = botocore.session.get_session()
    # a listing carries a time for each object, which the crawler needs as a text at most: not to parse them
    # takes two thirds of the CPU away
    factory: Any = session.get_component("response_parser_factory")
    factory.set_parser_defaults(timestamp_parser=str)
    return boto3.Session(botocore_session=session).client("s3", endpoint_url=settings.endpoint, config=config)


class S3Store:
    """Object access as the crawler needs it. Errors become Problem (stays wrong) or RetryableError (may
    pass).
    """

    def __init__(
        self, client: "S3Client", backoff: Backoff = NEVER, told: Callable[[Exception], None] = lambda _: None
    ) -> None:
        """`backoff`: how long calls that may pass are tried again after the SDK gave up, each time `told`."""
        self._client, self._backoff, self._told = client, backoff, told

    def _call(self, uri: str, call: Callable[[], T]) -> T:
        return self._backoff.run(lambda _: _sorted_out(uri, call), (RetryableError,), self._told)

    def list_page(self, bucket: str, prefix: str, after: str = "", delimiter: str = "") -> Page:
        """One page of at most 1,000 keys; an object without etag is told apart by its time of change."""
        asked: Any = {"StartAfter": after} if after else {}
        if delimiter:
            asked["Delimiter"] = delimiter
        reply = self._call(
            f"s3://{bucket}/{prefix}",
            lambda: self._client.list_objects_v2(Bucket=bucket, Prefix=prefix, **asked),
        )
        found = [
            StoredObject(
                item["Key"], item["Size"], item.get("ETag", "").strip('"') or str(item["LastModified"])
            )
            for item in reply.get("Contents", ())
        ]
        folders = [entry["Prefix"] for entry in reply.get("CommonPrefixes", ())]
        return Page(found, folders, reply.get("IsTruncated", False))

    def get_range(self, bucket: str, key: str, start: int, length: int) -> bytes:
        """At most `length` bytes of an object from `start` on."""

        def get() -> bytes:
            reply = self._client.get_object(
                Bucket=bucket, Key=key, Range=f"bytes={start}-{start + length - 1}"
            )
            return reply["Body"].read()

        return self._call(f"s3://{bucket}/{key}", get) if length else b""

    def put(self, bucket: str, key: str, body: bytes) -> None:
        """Store one object."""
        self._call(f"s3://{bucket}/{key}", lambda: self._client.put_object(Bucket=bucket, Key=key, Body=body))

    def delete(self, bucket: str, key: str) -> None:
        """Delete one object."""
        self._call(f"s3://{bucket}/{key}", lambda: self._client.delete_object(Bucket=bucket, Key=key))

    def head_bucket(self, bucket: str) -> None:
        """Raises Problem when the bucket is absent or not ours to see."""

        def listed() -> object:
            # a listing, not HeadBucket: its errors have codes, those of a HEAD only a status
            return self._client.list_objects_v2(Bucket=bucket, MaxKeys=1)

        self._call(f"s3://{bucket}", listed)

    def exists(self, bucket: str, key: str) -> bool:
        """Whether an object of exactly this key exists."""

        return self._first(bucket, key) == key

    def holds(self, bucket: str, prefix: str) -> bool:
        """Whether an object exists whose key begins so."""
        return self._first(bucket, prefix) is not None

    def _first(self, bucket: str, prefix: str) -> str | None:
        def first() -> str | None:
            reply = self._client.list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=1)
            return next((item["Key"] for item in reply.get("Contents", ())), None)

        return self._call(f"s3://{bucket}/{prefix}", first)


def _sorted_out(uri: str, call: Callable[[], T]) -> T:
    """Run `call`; the SDK has retried what it can."""
    try:
        return call()
    except ClientError as error:
        _raise(uri, error)
    except (NoCredentialsError, PartialCredentialsError) as error:
        raise Problem(
            uri,
            "InvalidCredentials",
            f"{error}; name a Secret in the Catalog or give the ServiceAccount a pod identity",
        ) from error
    except (BotoCoreError, OSError) as error:
        raise RetryableError("EndpointUnreachable", f"{uri}: {error}") from error


def _raise(uri: str, error: ClientError) -> NoReturn:
    details = error.response.get("Error", {})
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    code = details.get("Code", "")
    known = _REASONS.get(code) or _REASONS.get(_BY_STATUS.get(status, ""))
    if known:
        reason, mend = known
        raise Problem(uri, reason, mend) from error
    if 400 <= status < 500 and status not in {408, 429}:
        raise Problem(uri, code or "S3Error", f"S3 refused: {code} {details.get('Message', '')}") from error
    throttled = code in _THROTTLED or status == 429
    raise RetryableError("Throttled" if throttled else "EndpointUnreachable", f"{uri}: {error}") from error
