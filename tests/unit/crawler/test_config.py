"""What the operator renders is what the crawler reads."""

import json
from typing import Any

from emberlake.api.v1alpha1.classifier import ClassifierSpec as Spec
from emberlake.api.v1alpha1.crawl import CrawlSpec
from emberlake.core.model import Owner
from emberlake.crawl.asked import Start
from emberlake.crawl.build import config_map
from emberlake.crawler.config import Changes, CrawlConfig, Grouping, parse_crawl
from unit.sparkjob.fixtures import CATALOG

OWNER = Owner("emberlake.dev/v1alpha1", "Crawl", "demo", "raw", "uid-1", 1, {}, False)
TARGET: dict[str, Any] = {"s3": {"uri": "s3://lake/raw/", "exclude": ["a/**"]}}
SPEC: dict[str, Any] = {"catalog": "lake", "database": "raw", "targets": [TARGET]}
GROK = {"classification": "app", "pattern": "%{WORD:a}", "customPatterns": "A a+"}


def read(specs: dict[str, Any] | None = None, start: Start | None = None, **fields: Any) -> CrawlConfig:
    classifiers = {name: Spec.model_validate(found) for name, found in (specs or {}).items()}
    manifest = config_map(
        OWNER, CrawlSpec.model_validate({**SPEC, **fields}), CATALOG, classifiers, 7, start or Start("Crawl")
    )
    return parse_crawl(json.loads(manifest["data"]["crawl.json"]))


def test_a_small_spec_has_the_defaults() -> None:
    found = read()
    assert (found.crawler_id, found.run, found.database) == ("demo/raw", 7, "raw")
    assert [(t.location.uri(), t.exclude, t.sample_size) for t in found.targets] == [
        ("s3://lake/raw/", ("a/**",), None)
    ]
    assert (found.grouping, found.changes) == (Grouping(), Changes())
    assert (found.recrawl, found.convert, found.classifiers) == ("Everything", None, ())


def test_every_field_arrives() -> None:
    found = read(
        {"logs": {"grok": GROK}, "orders": {"csv": {"delimiter": ";", "header": "Absent"}}},
        targets=[{"s3": {"uri": "s3://lake/raw/", "sampleSize": 3}}],
        classifiers=["orders", "logs"],
        grouping={"policy": "Compatible", "threshold": 0.5, "tableLevel": 3, "maxTables": 9},
        recrawl="NewFolders",
        changes={"update": "Log", "delete": "Delete"},
        convert="Iceberg",
    )
    assert found.targets[0].sample_size == 3
    assert found.grouping == Grouping("Compatible", 0.5, 3, 9)
    assert found.changes == Changes("Log", "Delete")
    assert (found.recrawl, found.convert) == ("NewFolders", "Iceberg")
    orders, logs = found.classifiers
    assert (orders.name, logs.name) == ("orders", "logs")
    assert orders.csv is not None
    assert (orders.csv.delimiter, orders.csv.header) == (";", "Absent")
    assert logs.grok is not None
    assert logs.grok.custom_patterns == "A a+"


def test_a_plan_is_a_dry_run_and_a_rollback_names_its_run() -> None:
    assert (read().dry_run, read().rollback_to) == (False, None)
    assert read(start=Start("Plan")).dry_run
    assert read(start=Start("Rollback", rollback_to=3)).rollback_to == 3
