"""The run's input, `/etc/emberlake/crawl.json`, as frozen data."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from emberlake.crawler.failure import Problem

if TYPE_CHECKING:
    from emberlake.api.v1alpha1.classifier import (
        CsvClassifier,
        GrokClassifier,
        JsonClassifier,
        XmlClassifier,
    )

DEFAULT_SCAN_BYTES = 256 * 1024 * 1024
_URI = re.compile(r"^s3a?://([^/]+)(?:/(.*))?$", re.DOTALL)


@dataclass(frozen=True)
class Location:
    """A place in S3: `bucket`, and `prefix` that is empty or ends in a slash."""

    bucket: str
    prefix: str

    @classmethod
    def parse(cls, uri: str) -> Location:
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
    """The part of a Catalog that the crawler needs. `trino_catalog`: what Trino calls its Hive tables."""

    name: str
    trino_catalog: str
    metastore_uris: tuple[str, ...]
    warehouse: Location
    system: Location
    s3: S3Settings


@dataclass(frozen=True)
class Target:
    """One prefix to crawl and its exclusions (Glue globs, relative to the prefix).

    `sample_size`: files that are looked at in each leaf folder, None for what the crawler decides.
    """

    location: Location
    exclude: tuple[str, ...] = ()
    sample_size: int | None = None


@dataclass(frozen=True)
class ClassifierSpec:
    """A Classifier of the namespace: `name`, and exactly one of the others."""

    name: str
    grok: GrokClassifier | None = None
    xml: XmlClassifier | None = None
    json: JsonClassifier | None = None
    csv: CsvClassifier | None = None


@dataclass(frozen=True)
class Grouping:
    """Which folders are one table. `table_level` counts from 1, the bucket; None to find it."""

    policy: Literal["Similar", "Compatible"] = "Similar"
    threshold: float = 0.7
    table_level: int | None = None
    max_tables: int = 1000


@dataclass(frozen=True)
class Changes:
    """What is done about tables that are there already."""

    update: Literal["Merge", "Replace", "Log"] = "Merge"
    delete: Literal["Log", "Deprecate", "Delete"] = "Log"


@dataclass(frozen=True)
class CrawlConfig:
    """Everything one run needs. `scan_bytes`: tables up to this size are read whole, larger ones sampled.
    `rollback_to`: not a crawl, but the way back to what stood in the metastore after that run.
    """

    namespace: str
    name: str
    uid: str
    run: int
    catalog: CatalogSettings
    database: str
    targets: tuple[Target, ...]
    table_prefix: str = ""
    classifiers: tuple[ClassifierSpec, ...] = ()
    grouping: Grouping = Grouping()
    recrawl: Literal["Everything", "NewFolders"] = "Everything"
    changes: Changes = Changes()
    convert: Literal["Iceberg"] | None = None
    dry_run: bool = False
    rollback_to: int | None = None
    scan_bytes: int = DEFAULT_SCAN_BYTES

    @property
    def crawler_id(self) -> str:
        """What stands in UPDATED_BY_CRAWLER."""
        return f"{self.namespace}/{self.name}"

    @property
    def run_id(self) -> str:
        """What stands in CRAWL_RUN_ID."""
        return f"{self.crawler_id}/{self.run}"

    @property
    def history_prefix(self) -> str:
        """Where the previous definitions of all runs lie in the bucket of `system`.

        With the Crawl's UID: one of the same name that was made anew counts its runs from 1 again.
        """
        return f"{self.catalog.system.prefix}history/crawl/{self.namespace}/{self.name}/{self.uid}/"

    @property
    def report_key(self) -> str:
        """Key of the run's report in the bucket of `system`."""
        return f"{self.catalog.system.prefix}reports/crawl/{self.namespace}/{self.name}/{self.run}.json"


def parse_catalog(document: Mapping[str, Any]) -> CatalogSettings:
    """The `catalog` part of the file."""
    s3 = document.get("s3") or {}
    return CatalogSettings(
        name=document["name"],
        trino_catalog=document["trinoCatalog"],
        metastore_uris=tuple(document.get("metastoreUris") or ()),
        warehouse=Location.parse(document["warehouse"]),
        system=Location.parse(document["system"]),
        s3=S3Settings(s3.get("endpoint"), s3.get("region") or "us-east-1", bool(s3.get("pathStyle", False))),
    )


def parse_crawl(document: Mapping[str, Any]) -> CrawlConfig:
    """The whole file. Raises KeyError naming the missing field, or Problem for a wrong location."""
    crawl = document["crawl"]
    return CrawlConfig(
        namespace=crawl["namespace"],
        name=crawl["name"],
        uid=crawl["uid"],
        run=int(crawl["run"]),
        catalog=parse_catalog(document["catalog"]),
        database=document["database"],
        targets=tuple(_target(item["s3"]) for item in document["targets"]),
        table_prefix=document.get("tablePrefix") or "",
        classifiers=tuple(_classifier(item) for item in document.get("classifiers") or ()),
        grouping=_grouping(document.get("grouping") or {}),
        recrawl=document.get("recrawl") or "Everything",
        changes=Changes(**document.get("changes") or {}),
        convert=document.get("convert"),
        dry_run=bool(document.get("dryRun", False)),
        rollback_to=document.get("rollbackTo"),
        scan_bytes=int(document.get("scanBytes") or DEFAULT_SCAN_BYTES),
    )


def _target(s3: Mapping[str, Any]) -> Target:
    return Target(Location.parse(s3["uri"]), tuple(s3.get("exclude") or ()), s3.get("sampleSize"))


def _classifier(item: Mapping[str, Any]) -> ClassifierSpec:
    # the models take long to load, and programs that need none of them read S3Settings here
    from emberlake.api.v1alpha1.classifier import ClassifierSpec as Spec  # noqa: PLC0415

    spec = Spec.model_validate({key: value for key, value in item.items() if key != "name"})
    return ClassifierSpec(item["name"], spec.grok, spec.xml, spec.json_, spec.csv)


def _grouping(found: Mapping[str, Any]) -> Grouping:
    default = Grouping()
    return Grouping(
        policy=found.get("policy", default.policy),
        threshold=float(found.get("threshold", default.threshold)),
        table_level=found.get("tableLevel"),
        max_tables=int(found.get("maxTables", default.max_tables)),
    )


def load(path: Path) -> dict[str, Any]:
    """Read the file; an unreadable one is a fault of the platform and ends the program with its traceback."""
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document
