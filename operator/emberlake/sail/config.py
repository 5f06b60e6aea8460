"""The attempt's input, `/opt/spark/conf/sail.json`, as frozen data."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from emberlake.crawler.config import S3Settings

SAIL_JSON = "sail.json"


@dataclass(frozen=True)
class SailCatalog:
    """One Catalog. `warehouse`: where new tables go, s3:// without a slash at the end."""

    sql_name: str
    metastore_uris: tuple[str, ...]
    warehouse: str
    s3: S3Settings


@dataclass(frozen=True)
class SailConfig:
    """Everything one attempt on Sail needs.

    Attributes:
        engine: what `spec.engine` asks for: `Auto` refuses what is not proved equal to Spark.
        application: the script, or the file with the statements: a path, local:// or s3:// URI.
        arguments: of the script.
        parameters: values of the statements' markers `:name`.
        run_id: the same for all attempts of a run: "<uid of the job>/<run>".
        attempt: which one of the run, counted from 1.
        catalogs: the first is the default.
        conf: Spark settings that people chose, and the session's time zone.
        server: environment of the Sail server, in the place of any setting of Sail's that the pod has.
    """

    engine: Literal["Sail", "Auto"]
    kind: Literal["Python", "SQL"]
    application: str
    run_id: str
    attempt: int
    arguments: tuple[str, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)
    catalogs: tuple[SailCatalog, ...] = ()
    conf: Mapping[str, str] = field(default_factory=dict)
    server: Mapping[str, str] = field(default_factory=dict)


def parse(document: Mapping[str, Any]) -> SailConfig:
    """The whole file. Raises KeyError naming the missing field."""
    return SailConfig(
        engine=document["engine"],
        kind=document["kind"],
        application=document["application"],
        run_id=document["runId"],
        attempt=int(document["attempt"]),
        arguments=tuple(document.get("arguments") or ()),
        parameters=dict(document.get("parameters") or {}),
        catalogs=tuple(_catalog(item) for item in document.get("catalogs") or ()),
        conf=dict(document.get("conf") or {}),
        server=dict(document.get("server") or {}),
    )


def _catalog(item: Mapping[str, Any]) -> SailCatalog:
    s3 = item["s3"]
    return SailCatalog(
        sql_name=item["sqlName"],
        metastore_uris=tuple(item["metastoreUris"]),
        warehouse=item["warehouse"],
        s3=S3Settings(s3.get("endpoint"), s3["region"], bool(s3["pathStyle"])),
    )


def load(path: Path) -> SailConfig:
    """Read the file; an unreadable one is a fault of the platform and ends the program with its traceback."""
    return parse(json.loads(path.read_text(encoding="utf-8")))
