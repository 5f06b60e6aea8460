"""The run's input, `/etc/emberlake/crawl.json`, as frozen data."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emberlake.crawler.failure import Problem

DEFAULT_SCAN_BYTES = 256 * 1024 * 1024
_URI = re.compile(r"^s3a?://([^/]+)(?:/(.*))?$", re.DOTALL)


@dataclass(frozen=True)
class Location:
    """A place in S3: `bucket`, and `prefix` that is empty or ends in a slash."""

    bucket: str
    prefix: str

    @classmethod
    def parse(cls, uri: str) -> "Location":
        """From `s3://bucket/some/prefix[/]`; always a folder. Raises Problem for another scheme."""
        match = _URI.match(uri)
        if not match:
            raise Problem(uri, "InvalidLocation", f"{uri!r} is not an S3 location; write s3://bucket/prefix/")
        prefix = (match.group(2) or "").strip("/")
        return cls(match.group(1), f"{prefix}/" if prefix else "")

    def uri(self, key: str | None = None) -> str:
        """`s3://` address of `key` in this bucket, or of the folder itself."""
        return f"s3://{self.bucket}/{self.prefix if key is None else key}"

    def contains(self, bucket: str, key: str) -> bool:
        """Whether `key` of `bucket` lies in this folder."""
        return bucket == self.bucket and key.startswith(self.prefix)


@dataclass(frozen=True)
class S3Settings:
    """How the object store is reached; credentials come from the environment."""

    endpoint: str | None = None
    region: str = "us-east-1"
    path_style: bool = False


@dataclass(frozen=True)
class CatalogSettings:
    """The part of a Catalog that the crawler needs."""

    name: str
    metastore_uris: tuple[str, ...]
    warehouse: Location
    system: Location
    s3: S3Settings


@dataclass(frozen=True)
class Target:
    """One prefix to crawl and its exclusions (Glue globs, relative to the prefix)."""

    location: Location
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True)
class CrawlConfig:
    """Everything one run needs. `scan_bytes`: tables up to this size are read whole, larger ones sampled."""

    namespace: str
    name: str
    uid: str
    run: int
    catalog: CatalogSettings
    database: str
    targets: tuple[Target, ...]
    table_prefix: str = ""
    dry_run: bool = False
    scan_bytes: int = DEFAULT_SCAN_BYTES

    @property
    def crawler_id(self) -> str:
        """What stands in UPDATED_BY_CRAWLER."""
        return f"{self.namespace}/{self.name}"

    @property
    def report_key(self) -> str:
        """Key of the run's report in the bucket of `system`."""
        return f"{self.catalog.system.prefix}reports/crawl/{self.namespace}/{self.name}/{self.run}.json"


def parse_catalog(document: Mapping[str, Any]) -> CatalogSettings:
    """The `catalog` part of the file."""
    s3 = document.get("s3") or {}
    return CatalogSettings(
        name=document["name"],
        metastore_uris=tuple(document.get("metastoreUris") or ()),
        warehouse=Location.parse(document["warehouse"]),
        system=Location.parse(document["system"]),
        s3=S3Settings(s3.get("endpoint"), s3.get("region") or "us-east-1", bool(s3.get("pathStyle", False))),
    )


def parse_crawl(document: Mapping[str, Any]) -> CrawlConfig:
    """The whole file. Raises KeyError naming the missing field, or Problem for a wrong location."""
    crawl = document["crawl"]
    targets = tuple(
        Target(Location.parse(item["s3"]["uri"]), tuple(item["s3"].get("exclude") or ()))
        for item in document["targets"]
    )
    return CrawlConfig(
        namespace=crawl["namespace"],
        name=crawl["name"],
        uid=crawl["uid"],
        run=int(crawl["run"]),
        catalog=parse_catalog(document["catalog"]),
        database=document["database"],
        targets=targets,
        table_prefix=document.get("tablePrefix") or "",
        dry_run=bool(document.get("dryRun", False)),
        scan_bytes=int(document.get("scanBytes") or DEFAULT_SCAN_BYTES),
    )


def load(path: Path) -> dict[str, Any]:
    """Read the file; an unreadable one is a fault of the platform and ends the program with its traceback."""
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document
