"""Values in, configuration out: what is refused, and what the operator reads."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from emberlake.settings import Settings
from unit.chart.rendering import CHART, ROOT, Manifest, Render


def find(manifests: list[Manifest], kind: str, name: str) -> Manifest:
    return next(m for m in manifests if m["kind"] == kind and m["metadata"]["name"] == name)


def operator_settings(manifests: list[Manifest]) -> Settings:
    config = find(manifests, "ConfigMap", "emberlake-operator")["data"]["config.yaml"]
    return Settings.model_validate(yaml.safe_load(config))


@pytest.mark.parametrize(
    ("flag", "says"),
    [
        ("--set=oprator.replicas=1", "additional properties 'oprator' not allowed"),
        ("--set=operator.replica=1", "additional properties 'replica' not allowed"),
        ("--set=operator.replicas=-1", "/operator/replicas"),
        ("--set-string=operator.replicas=2", "/operator/replicas"),
        ("--set=operator.resources.requests.cpu=lots", "/operator/resources/requests/cpu"),
        ("--set=metastore.warehouse=hdfs://lake/warehouse", "/metastore/warehouse"),
        ("--set=metastore.heapPercent=100", "/metastore/heapPercent"),
        ("--set=defaults.cpuRequestPerCore=1", "/defaults/cpuRequestPerCore"),
        ("--set=defaults.release=ember-9", 'defaults.release "ember-9" is not a key of releases'),
        ("--set=jobNamespaces={Demo}", "/jobNamespaces/0"),
        ("--set=watchNamespaces={a},jobNamespaces={b}", '"b" is not in watchNamespaces'),
        ("--set=postgresql.development.enabled=false", "metastore.database.host is required"),
        ("--set=images.operator.digest=abc", "/images/operator/digest"),
        ("--set=s3.endpoint=minio:9000", "/s3/endpoint"),
    ],
)
def test_wrong_values_are_refused_by_name(refusal: Callable[..., str], flag: str, says: str) -> None:
    assert says in refusal(flag)


def test_every_default_is_described_by_the_schema(refusal: Callable[..., str]) -> None:
    """Strict at each level: an unknown key is refused beside every known map of fixed keys."""
    free = {
        *("commonLabels", "releases", "sparkConf"),
        *("annotations", "nodeSelector", "affinity", "labels", "podAnnotations"),
    }

    def maps(values: dict[str, object], path: str) -> list[str]:
        found = [path]
        for key, value in values.items():
            if isinstance(value, dict) and key not in free:
                found += maps(value, f"{path}{key}.")
        return found

    defaults = yaml.safe_load((CHART / "values.yaml").read_text())
    unknown = ",".join(f"{path}unknownKey=x" for path in maps(defaults, ""))
    assert refusal(f"--set={unknown}").count("'unknownKey' not allowed") == len(maps(defaults, ""))


def test_operator_reads_what_the_chart_writes(render: Render) -> None:
    settings = operator_settings(render())
    assert settings.namespace == "emberlake"
    assert settings.watch_namespaces == []
    assert settings.defaults.cpu_request_per_core == "1"
    release = settings.release(None)
    assert release is not None
    assert release.images.spark == "emberlake/spark:0.1.0"
    assert release.images.sail == "emberlake/sail:0.1.0"
    assert release.images.crawler == "emberlake/crawler:0.1.0"
    assert release.images.trino == "emberlake/trino:0.1.0"


def test_spark_settings_and_placement_reach_the_operator(
    render: Render, values_file: Callable[[str], str]
) -> None:
    settings = operator_settings(
        render(r"--set-string=defaults.sparkConf.spark\.speculation=true", values_file("eks"))
    )
    assert settings.defaults.spark_conf == {"spark.speculation": "true"}
    assert settings.defaults.storage_class_name == "gp3"
    assert settings.defaults.spot.node_selector == {"karpenter.sh/capacity-type": "spot"}
    assert [toleration["key"] for toleration in settings.defaults.spot.tolerations] == ["spot"]
    assert settings.releases["ember-1.0"].spark_conf["spark.authenticate"] == "true"


def test_image_references(render: Render) -> None:
    digest = f"sha256:{'0' * 64}"
    manifests = render(
        "--set=images.registry=registry.example.com/team,images.operator.tag=t1",
        f"--set=images.spark.digest={digest}",
        "--set=releases.ember-1\\.0.images.trino=trino:mine,images.pullSecrets={pull}",
    )
    operator = find(manifests, "Deployment", "emberlake-operator")["spec"]["template"]["spec"]
    assert operator["containers"][0]["image"] == "registry.example.com/team/emberlake/operator:t1"
    assert operator["imagePullSecrets"] == [{"name": "pull"}]
    settings = operator_settings(manifests)
    assert (
        settings.releases["ember-1.0"].images.spark == f"registry.example.com/team/emberlake/spark@{digest}"
    )
    assert settings.releases["ember-1.0"].images.trino == "trino:mine"
    assert settings.defaults.image_pull_secrets == ["pull"]


def test_the_operator_restarts_when_its_configuration_changes(render: Render) -> None:
    def checksum(*flags: str) -> str:
        template = find(render(*flags), "Deployment", "emberlake-operator")["spec"]["template"]
        found: str = template["metadata"]["annotations"]["emberlake.dev/config-checksum"]
        return found

    assert checksum() == checksum("--set=metastore.replicas=2")
    assert checksum() != checksum("--set-string=defaults.cpuRequestPerCore=2")


def test_dev_values_lower_the_cpu_of_jobs(render: Render, values_file: Callable[[str], str]) -> None:
    manifests = render(values_file("dev"))
    assert operator_settings(manifests).defaults.cpu_request_per_core == "0.25"
    demo = find(manifests, "Namespace", "demo")["metadata"]
    assert demo["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    assert demo["annotations"]["helm.sh/resource-policy"] == "keep"


def test_eks_values_run_no_development_pod(render: Render, values_file: Callable[[str], str]) -> None:
    manifests = render(values_file("eks"))
    assert not [m for m in manifests if m["kind"] == "StatefulSet"]
    assert not [m for m in manifests if "dev-credentials" in m["metadata"]["name"]]
    accounts = [m for m in manifests if m["kind"] == "ServiceAccount"]
    annotated = {m["metadata"]["name"] for m in accounts if "annotations" in m["metadata"]}
    assert annotated == {"emberlake-driver", "emberlake-executor", "emberlake-crawler", "emberlake-metastore"}
    metastore = find(manifests, "ConfigMap", "emberlake-metastore")["data"]
    assert "?sslmode=require</value>" in metastore["hive-site.xml"]
    assert "DefaultCredentialsProvider" in metastore["core-site.xml"]
    assert "fs.s3a.endpoint<" not in metastore["core-site.xml"]


def test_no_object_of_our_own_kinds(render: Render) -> None:
    assert not [m for m in render() if m["apiVersion"].startswith("emberlake.dev/")]


@pytest.mark.parametrize(
    "source", sorted((CHART / "files" / "crds").glob("*.yaml")), ids=lambda path: path.stem
)
def test_crds_are_the_generated_ones(render: Render, source: Path) -> None:
    expected = yaml.safe_load(source.read_text())
    rendered = find(render(), "CustomResourceDefinition", expected["metadata"]["name"])
    assert rendered["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"
    assert rendered["spec"] == expected["spec"]


@pytest.mark.parametrize(
    ("flags", "kept"), [(["--set=crds.keep=false"], [False] * 5), (["--set=crds.enabled=false"], [])]
)
def test_crd_switches(render: Render, flags: list[str], kept: list[bool]) -> None:
    crds = [m for m in render(*flags) if m["kind"] == "CustomResourceDefinition"]
    assert ["helm.sh/resource-policy" in m["metadata"].get("annotations", {}) for m in crds] == kept


def test_every_object_is_labelled_and_unique(render: Render, values_file: Callable[[str], str]) -> None:
    manifests = render(
        values_file("dev"), "--set=networkPolicy.enabled=true,operator.serviceMonitor.enabled=true"
    )
    keys = [(m["kind"], m["metadata"].get("namespace"), m["metadata"]["name"]) for m in manifests]
    assert len(keys) == len(set(keys))
    for manifest in manifests:
        assert manifest["metadata"]["labels"]["app.kubernetes.io/part-of"] == "emberlake", manifest[
            "metadata"
        ]


def test_services_select_the_pods_they_mean(render: Render) -> None:
    manifests = render()
    templates = [
        m["spec"]["template"] for m in manifests if m["kind"] in {"Deployment", "StatefulSet", "Job"}
    ]

    def selected(labels: dict[str, str]) -> list[Manifest]:
        return [t for t in templates if labels.items() <= t["metadata"]["labels"].items()]

    for service in (m for m in manifests if m["kind"] == "Service"):
        (template,) = selected(service["spec"]["selector"])
        ports = {port["name"] for port in template["spec"]["containers"][0]["ports"]}
        assert {port["targetPort"] for port in service["spec"]["ports"]} == ports


def test_the_default_release_names_the_pinned_versions() -> None:
    lines = (ROOT / "hack" / "versions.env").read_text().splitlines()
    pinned = dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    release = yaml.safe_load((CHART / "values.yaml").read_text())["releases"]["ember-1.0"]
    assert release["spark"] == pinned["SPARK_VERSION"]
    assert release["iceberg"] == pinned["ICEBERG_VERSION"]
