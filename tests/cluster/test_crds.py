"""What the API server takes and refuses: all samples, and bad specs with the field they are told about."""

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml
from demo import kube
from demo.pipeline import SAMPLES

pytestmark = pytest.mark.cluster

KINDS = ("catalog", "classifier", "crawl", "sparkjob", "warehouse")


def sample(kind: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((SAMPLES / f"{kind}.yaml").read_text())
    return found


def edited(kind: str, path: str, value: Any) -> dict[str, Any]:
    document = copy.deepcopy(sample(kind))
    *parents, last = path.split(".")
    node = document
    for key in parents:
        node = node.setdefault(key, {})
    node[last] = value
    return document


def submit(document: dict[str, Any], namespace: str, *flags: str) -> str:
    text = yaml.safe_dump(document)
    return kube.kubectl("apply", "--dry-run=server", "-n", namespace, *flags, "-f", "-", stdin=text)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("flags", [("--validate=strict",), ("--server-side",)], ids=["strict", "server-side"])
def test_samples_are_taken(kind: str, flags: tuple[str, ...], namespace: str) -> None:
    assert "dry run" in submit(sample(kind), namespace, *flags)


REFUSED = [
    ("sparkjob", "spec.driver.cores", -1, "spec.driver.cores"),
    ("sparkjob", "spec.driver.memory", "2gigs", "spec.driver.memory"),
    ("sparkjob", "spec.executor.memory", "1.5Gi", "spec.executor.memory"),
    ("sparkjob", "spec.mainClass", "com.acme.Main", "mainClass is for type Java"),
    ("sparkjob", "spec.type", "Java", "type Java needs mainClass"),
    ("sparkjob", "spec.type", "Cobol", "spec.type"),
    ("sparkjob", "spec.engine", "Flink", "spec.engine"),
    ("sparkjob", "spec.mainApplicationFile", "etl.py", "spec.mainApplicationFile"),
    ("sparkjob", "spec.sparkConf", {"spark.master": "local"}, "sparkConf must not set"),
    ("sparkjob", "metadata.name", "x" * 51, "at most 50 characters"),
    ("crawl", "spec.targets", [], "spec.targets"),
    ("crawl", "spec.database", "Raw Data", "spec.database"),
    ("crawl", "spec.targets", [{"s3": {"uri": "file:///etc"}}], "uri"),
    ("crawl", "spec.targets", [{"s3": {"uri": "s3://lake/raw/", "sampleSize": 250}}], "sampleSize"),
    ("crawl", "spec.grouping.threshold", 1.5, "spec.grouping.threshold"),
    ("crawl", "spec.changes.delete", "Drop", "spec.changes.delete"),
    ("classifier", "spec", {}, "exactly one of grok, xml, json and csv"),
    ("classifier", "spec.xml", {"rowTag": "row"}, "exactly one of grok, xml, json and csv"),
    ("classifier", "spec", {"xml": {"rowTag": "<row>"}}, "spec.xml.rowTag"),
    ("classifier", "spec", {"json": {"path": "items"}}, "spec.json.path"),
    ("classifier", "spec", {"csv": {"delimiter": "|", "quote": "|"}}, "delimiter and quote must differ"),
    ("classifier", "spec", {"csv": {"names": ["a", "b"], "types": ["int"]}}, "of the same length"),
    ("classifier", "spec", {"csv": {"types": ["number"]}}, "spec.csv.types"),
    ("catalog", "spec.sqlName", "lake_hive", "must not end in _hive"),
    ("catalog", "spec.metastore.uris", ["http://metastore"], "spec.metastore.uris"),
    ("warehouse", "spec.catalogs", [], "spec.catalogs"),
    ("warehouse", "spec.workers.replicas", -1, "spec.workers.replicas"),
]


PYTHON = {"type": "Python", "mainApplicationFile": "s3://lake/a.py"}
SQL = {"type": "SQL", "sql": {"text": "SELECT 1"}}
R = {"type": "R", "mainApplicationFile": "s3://lake/a.R"}
TOGETHER = [
    ("Sail for R", {**R, "image": "acme/r:1", "engine": "Sail"}, "engine Sail runs type Python and SQL"),
    ("SQL without sql", {"type": "SQL"}, "type SQL needs sql"),
    ("Python with sql", {**PYTHON, "sql": {"text": "SELECT 1"}}, "type SQL needs sql"),
    ("SQL with neither", {**SQL, "sql": {}}, "either text or file"),
    ("SQL with both", {**SQL, "sql": {"text": "SELECT 1", "file": "s3://lake/a.sql"}}, "and not both"),
    ("SQL with a file", {**SQL, "mainApplicationFile": "s3://lake/a.py"}, "which has sql instead"),
    ("SQL with arguments", {**SQL, "arguments": ["x"]}, "its values are sql.parameters"),
    (
        "bad parameter",
        {**SQL, "sql": {"text": "SELECT 1", "parameters": {"a-b": ""}}},
        "letters, digits and _",
    ),
    ("R without image", R, "type R needs image"),
    ("few", {**PYTHON, "dynamicAllocation": {"minExecutors": 3, "maxExecutors": 2}}, "minExecutors must not"),
    (
        "first",
        {**PYTHON, "dynamicAllocation": {"initialExecutors": 3, "maxExecutors": 2}},
        "initialExecutors",
    ),
    ("an option", {**PYTHON, "deps": {"requirements": ["--index-url=http://x"]}}, "spec.deps.requirements"),
]


@pytest.mark.parametrize(("fields", "told"), [r[1:] for r in TOGETHER], ids=[r[0] for r in TOGETHER])
def test_fields_that_exclude_each_other_are_refused(fields: dict[str, Any], told: str) -> None:
    with pytest.raises(kube.KubectlError) as refused:
        submit(edited("sparkjob", "spec", fields), "default", "--validate=strict")
    assert told in str(refused.value)


@pytest.mark.parametrize("fields", [SQL, {**R, "image": "r:1"}], ids=["SQL", "R"])
def test_the_other_types_are_taken(fields: dict[str, Any]) -> None:
    assert "dry run" in submit(edited("sparkjob", "spec", fields), "default", "--validate=strict")


@pytest.mark.parametrize(("kind", "path", "value", "told"), REFUSED, ids=[f"{r[0]}-{r[1]}" for r in REFUSED])
def test_bad_specs_are_refused_with_the_field(
    kind: str, path: str, value: Any, told: str, namespace: str
) -> None:
    with pytest.raises(kube.KubectlError) as refused:
        submit(edited(kind, path, value), namespace, "--validate=strict")
    assert told in str(refused.value)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("flags", [("--validate=strict",), ("--server-side",)], ids=["strict", "server-side"])
def test_unknown_fields_are_refused(kind: str, flags: tuple[str, ...], namespace: str) -> None:
    with pytest.raises(kube.KubectlError, match="nonsense"):
        submit(edited(kind, "spec.nonsense", 1), namespace, *flags)


def test_the_spec_is_frozen_while_a_run_is_active(namespace: str) -> None:
    job = sample("sparkjob")
    job["spec"]["catalogs"] = ["none-such"]
    kube.apply(job, namespace)
    name = job["metadata"]["name"]
    status = '{"status": {"state": "Running"}}'
    kube.kubectl(
        "patch", "sparkjob", name, "-n", namespace, "--subresource=status", "--type=merge", "-p", status
    )
    with pytest.raises(kube.KubectlError, match="spec is frozen while a run is active"):
        kube.kubectl(
            "patch", "sparkjob", name, "-n", namespace, "--type=merge", "-p", '{"spec": {"arguments": ["x"]}}'
        )
    kube.kubectl(
        "patch", "sparkjob", name, "-n", namespace, "--type=merge", "-p", '{"spec": {"suspend": true}}'
    )


def test_explain_teaches(namespace: str) -> None:
    told = kube.kubectl("explain", "sparkjob.spec.driver")
    assert "JVM heap, default 1Gi; the pod gets memory overhead on top." in told


def test_every_sample_is_in_the_kustomization() -> None:
    listed = yaml.safe_load(Path(SAMPLES / "kustomization.yaml").read_text())["resources"]
    assert sorted(listed) == sorted(f"{kind}.yaml" for kind in KINDS)
