"""What is rendered from a Catalog: reviewed files, and rules that hold for every Catalog."""

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given

from emberlake.api.v1alpha1.catalog import CatalogSpec
from emberlake.catalog.render import (
    crawler_config,
    credentials_env,
    event_log_dir,
    published,
    sail_env,
    spark_conf,
    sql_name,
    stored,
    trino_catalogs,
    trino_env,
)
from emberlake.core import properties
from unit.catalog.catalogs import AWS, LAKE, names, spec, specs
from unit.catalog.golden import check

GOLDEN = Path(__file__).parent / "golden"
S3_ENV = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")


def load_properties(text: str) -> dict[str, str]:
    """java.util.Properties.load, as its documentation defines it."""
    found = {}
    for line in text.splitlines():
        match = re.fullmatch(r"((?:\\.|[^\\=: ])+)[ ]?[=:]?[ ]?(.*)", line)
        assert match, f"no key in {line!r}"
        found[_unescaped(match[1])] = _unescaped(match[2])
    return found


def _unescaped(text: str) -> str:
    plain = {"n": "\n", "r": "\r", "t": "\t", "f": "\f"}
    units = re.sub(
        r"\\(?:u([0-9a-f]{4})|(.))",
        lambda m: chr(int(m[1], 16)) if m[1] else plain.get(m[2], m[2]),
        text,
    )
    return units.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


@pytest.mark.parametrize(("name", "document"), [("lake", LAKE), ("prod-lake", AWS)])
def test_published_files_are_the_reviewed_ones(name: str, document: dict[str, Any]) -> None:
    check(GOLDEN / name, published(name, CatalogSpec.model_validate(document)))


def test_spark_conf_of_two_catalogs_is_the_reviewed_one() -> None:
    conf = spark_conf([("lake", spec()), ("prod-lake", spec(AWS))])
    check(GOLDEN / "lake-and-prod", {"spark-defaults.conf": properties.render(conf)})


@pytest.mark.parametrize(
    ("name", "fields", "expected"),
    [
        ("lake", {}, "lake"),
        ("prod-eu-1", {}, "prod_eu_1"),
        ("1-lake", {"sqlName": "one"}, "one"),
        ("raw-hive", {"sqlName": "raw"}, "raw"),
    ],
)
def test_sql_name(name: str, fields: dict[str, Any], expected: str) -> None:
    assert sql_name(name, spec(**fields)) == expected


@pytest.mark.parametrize("name", ["1lake", "a.b", "raw-hive", "system", "spark-catalog"])
def test_names_that_no_engine_takes_are_refused_with_the_mend(name: str) -> None:
    with pytest.raises(ValueError, match=r"set spec\.sqlName"):
        sql_name(name, spec())


@pytest.mark.parametrize(
    ("uri", "expected"),
    [("s3a://lake/x", "s3://lake/x"), ("s3://lake/x", "s3://lake/x"), ("s3://b/s3a://c", "s3://b/s3a://c")],
)
def test_stored_locations_are_s3(uri: str, expected: str) -> None:
    assert stored(uri) == expected


def test_spark_needs_no_catalog() -> None:
    assert spark_conf([]) == {}


def test_the_first_catalog_is_the_default() -> None:
    conf = spark_conf([("prod-lake", spec(AWS)), ("lake", spec())])
    assert conf["spark.hadoop.hive.metastore.uris"] == "thrift://hms-0.data:9083,thrift://hms-1.data:9083"
    assert conf["spark.sql.warehouse.dir"] == "s3://prod-lake/warehouse"
    assert conf["spark.eventLog.dir"] == "s3a://prod-lake/_emberlake/event-logs"
    assert conf["spark.sql.catalog.lake.uri"] == "thrift://emberlake-metastore.emberlake.svc:9083"
    assert conf["spark.hadoop.fs.s3a.bucket.lake.endpoint"] == "http://emberlake-s3.emberlake.svc:7070"


def test_two_catalogs_of_one_sql_name_are_refused() -> None:
    with pytest.raises(ValueError, match="share the SQL name 'prod'"):
        spark_conf([("a", spec(AWS)), ("b", spec(AWS))])


def test_credentials_come_from_the_named_secret() -> None:
    entries = {entry["name"]: entry for entry in credentials_env(spec())}
    assert entries.keys() == {*S3_ENV, "AWS_REGION"}
    for name in S3_ENV:
        assert entries[name]["valueFrom"]["secretKeyRef"]["name"] == "lake-s3"
        assert entries[name]["valueFrom"]["secretKeyRef"]["key"] == name
    optional = {name for name in S3_ENV if entries[name]["valueFrom"]["secretKeyRef"].get("optional")}
    assert optional == {"AWS_SESSION_TOKEN"}


def test_without_credentials_the_default_chain_is_left_alone() -> None:
    aws = spec(AWS)
    assert credentials_env(aws) == [{"name": "AWS_REGION", "value": "eu-central-1"}]
    assert all("aws-access-key" not in text for text in trino_catalogs("p", aws).values())
    provider = spark_conf([("p", aws)])["spark.hadoop.fs.s3a.aws.credentials.provider"]
    assert provider.endswith(".DefaultCredentialsProvider")


@given(names, specs)
def test_every_file_parses_and_holds_what_was_said(name: str, any_spec: CatalogSpec) -> None:
    files = published(name, any_spec)
    assert load_properties(files["spark-defaults.conf"]) == spark_conf([(name, any_spec)])
    for file, text in files.items():
        if file.endswith(".properties"):
            loaded = load_properties(text)
            assert loaded["hive.metastore.uri"] == ",".join(any_spec.metastore.uris)
            assert loaded["s3.region"] == any_spec.s3.region
            assert loaded.get("s3.endpoint") == any_spec.s3.endpoint
    assert json.loads(files["crawler.json"]) == crawler_config(name, any_spec)


@given(names, specs.filter(lambda s: (s.s3.endpoint or "").isprintable() and s.s3.region.isprintable()))
def test_every_xml_file_parses(name: str, any_spec: CatalogSpec) -> None:
    for file in ("core-site.xml", "hive-site.xml"):
        root = ElementTree.fromstring(published(name, any_spec)[file])  # noqa: S314 our own text
        assert all(item.findtext("name") for item in root)


@given(names, specs)
def test_trino_catalogs_redirect_to_each_other(name: str, any_spec: CatalogSpec) -> None:
    iceberg = sql_name(name, any_spec)
    files = trino_catalogs(name, any_spec)
    hive, delta = f"{iceberg}_hive", f"{iceberg}_delta"
    assert list(files) == [f"{name}.properties" for name in (iceberg, hive, delta)]
    of_iceberg, of_hive, of_delta = (load_properties(text) for text in files.values())
    assert of_iceberg["iceberg.hive-catalog-name"] == hive
    assert (of_hive["hive.iceberg-catalog-name"], of_hive["hive.delta-lake-catalog-name"]) == (iceberg, delta)
    assert (of_delta["delta.hive-catalog-name"], of_delta["delta.security"]) == (hive, "read_only")


@given(names, specs)
def test_trino_reads_credentials_from_variables_that_the_pod_has(name: str, any_spec: CatalogSpec) -> None:
    used = set(re.findall(r"\$\{ENV:(\w+)\}", "".join(trino_catalogs(name, any_spec).values())))
    assert used == {entry["name"] for entry in trino_env(name, any_spec)}


@given(names, specs)
def test_all_locations_are_stored_as_s3_and_logs_written_through_s3a(
    name: str, any_spec: CatalogSpec
) -> None:
    conf = spark_conf([(name, any_spec)])
    assert conf["spark.sql.warehouse.dir"].startswith("s3://")
    assert conf[f"spark.sql.catalog.{sql_name(name, any_spec)}.warehouse"].startswith("s3://")
    assert event_log_dir(any_spec).startswith("s3a://")
    assert crawler_config(name, any_spec)["system"].endswith("/")


def test_sail_finds_the_catalogs_under_sparks_names() -> None:
    values = sail_env([("lake", spec()), ("far-away", spec())])
    assert values["SAIL_CATALOG__LIST"] == (
        '[{name="spark_catalog", type="hms", uris=["emberlake-metastore.emberlake.svc:9083"]},'
        ' {name="lake", type="hms", uris=["emberlake-metastore.emberlake.svc:9083"]},'
        ' {name="far_away", type="hms", uris=["emberlake-metastore.emberlake.svc:9083"]}]'
    )
    assert values["SAIL_CATALOG__DEFAULT_CATALOG"] == "spark_catalog"
    assert values["AWS_ENDPOINT"] == "http://emberlake-s3.emberlake.svc:7070"
    assert (values["AWS_ALLOW_HTTP"], values["AWS_VIRTUAL_HOSTED_STYLE_REQUEST"]) == ("true", "false")


def test_sail_reaches_aws_by_the_names_of_the_buckets() -> None:
    values = sail_env([("lake", spec(s3={"region": "eu-central-1"}))])
    assert "AWS_ENDPOINT" not in values
    assert (values["AWS_ALLOW_HTTP"], values["AWS_VIRTUAL_HOSTED_STYLE_REQUEST"]) == ("false", "true")


def test_sail_needs_no_catalog() -> None:
    assert sail_env([]) == {
        "SAIL_CATALOG__LIST": '[{name="spark_catalog", type="memory", initial_database=["default"]}]',
        "SAIL_CATALOG__DEFAULT_CATALOG": "spark_catalog",
    }
