"""Pods of the chart: size, Pod Security, secrets by reference."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest

from unit.chart.rendering import Manifest, Render

# What shares the 2-core node with the chart's pods, in cores.
NEIGHBOURS = {
    "kube-system": Decimal("0.850"),
    "trino": Decimal("0.200"),
    "driver": Decimal("0.250"),
    "executor": Decimal("0.250"),
    "crawl": Decimal("0.100"),
}
VALUE_SETS = ["default", "dev", "eks"]


def cores(quantity: str) -> Decimal:
    return Decimal(quantity[:-1]) / 1000 if quantity.endswith("m") else Decimal(quantity)


def pods(manifests: list[Manifest]) -> Iterator[tuple[str, int, dict[str, Any]]]:
    """(name, replicas, pod spec) of everything that makes pods."""
    for manifest in manifests:
        name = f"{manifest['kind']}/{manifest['metadata']['name']}"
        if manifest["kind"] == "Pod":
            yield name, 1, manifest["spec"]
        elif manifest["kind"] in {"Deployment", "StatefulSet", "Job", "DaemonSet"}:
            yield name, manifest["spec"].get("replicas", 1), manifest["spec"]["template"]["spec"]


@pytest.fixture(params=VALUE_SETS)
def manifests(
    request: pytest.FixtureRequest, render: Render, values_file: Callable[[str], str]
) -> list[Manifest]:
    return render() if request.param == "default" else render(values_file(request.param))


def test_fits_two_cores_with_everything_that_runs_beside_it(
    render: Render, values_file: Callable[[str], str]
) -> None:
    requests = {
        name: replicas
        * sum(cores(container["resources"]["requests"]["cpu"]) for container in spec["containers"])
        for name, replicas, spec in pods(render(values_file("dev"), "--skip-tests"))
    }
    total = sum(requests.values()) + sum(NEIGHBOURS.values())
    assert total <= Decimal("1.95"), requests


@pytest.mark.parametrize(
    ("workload", "request_in_cores"),
    [
        ("Deployment/emberlake-operator", "0.050"),
        ("Deployment/emberlake-metastore", "0.100"),
        ("StatefulSet/emberlake-postgresql", "0.050"),
        ("StatefulSet/emberlake-s3", "0.050"),
    ],
)
def test_requests_of_the_small_install(render: Render, workload: str, request_in_cores: str) -> None:
    found = {name: (replicas, spec) for name, replicas, spec in pods(render())}
    replicas, spec = found[workload]
    assert replicas * cores(spec["containers"][0]["resources"]["requests"]["cpu"]) == Decimal(
        request_in_cores
    )


def test_every_pod_meets_pod_security_restricted(manifests: list[Manifest]) -> None:
    for name, _, spec in pods(manifests):
        pod = spec["securityContext"]
        assert pod["runAsNonRoot"] is True, name
        assert pod["runAsUser"] > 0, name
        assert pod["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert not {"hostNetwork", "hostPID", "hostIPC"} & spec.keys(), name
        kinds = {kind for volume in spec.get("volumes", []) for kind in volume} - {"name"}
        assert kinds <= {"configMap", "emptyDir"}, name
        for container in spec["containers"] + spec.get("initContainers", []):
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }, name


def test_every_container_has_requests_and_a_memory_limit(manifests: list[Manifest]) -> None:
    for name, _, spec in pods(manifests):
        for container in spec["containers"] + spec.get("initContainers", []):
            assert container["resources"]["requests"].keys() >= {"cpu", "memory"}, name
            assert "memory" in container["resources"]["limits"], name


def test_only_two_programs_get_a_token(manifests: list[Manifest]) -> None:
    holders = {
        name.rsplit("-", 1)[0] if "Job/" in name else name
        for name, _, spec in pods(manifests)
        if spec["automountServiceAccountToken"]
    }
    assert holders <= {"Deployment/emberlake-operator", "Job/emberlake-dev-credentials"}


def test_secrets_come_by_reference_only(manifests: list[Manifest]) -> None:
    assert not [manifest for manifest in manifests if manifest["kind"] == "Secret"]
    for name, _, spec in pods(manifests):
        for container in spec["containers"]:
            for variable in container.get("env", []):
                if any(word in variable["name"] for word in ("PASSWORD", "SECRET", "ACCESS_KEY")):
                    assert variable["valueFrom"].keys() == {"secretKeyRef"}, (name, variable)


def test_metastore_reads_its_password_from_the_environment(manifests: list[Manifest]) -> None:
    config = next(m for m in manifests if m["kind"] == "ConfigMap" and "hive-site.xml" in m["data"])
    site = config["data"]["hive-site.xml"]
    assert (
        "<name>javax.jdo.option.ConnectionPassword</name><value>${env.METASTORE_DB_PASSWORD}</value>" in site
    )


def test_probes_name_ports_that_exist(manifests: list[Manifest]) -> None:
    for name, _, spec in pods(manifests):
        for container in spec["containers"]:
            ports = {port["name"] for port in container.get("ports", [])}
            for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
                for check in ("httpGet", "tcpSocket"):
                    if check in container.get(probe, {}):
                        assert container[probe][check]["port"] in ports, (name, probe)


def test_volume_mounts_name_volumes_that_exist(manifests: list[Manifest]) -> None:
    for manifest in manifests:
        for name, _, spec in pods([manifest]):
            volumes = {volume["name"] for volume in spec.get("volumes", [])}
            volumes |= {
                claim["metadata"]["name"] for claim in manifest["spec"].get("volumeClaimTemplates", [])
            }
            for container in spec["containers"]:
                assert {mount["name"] for mount in container.get("volumeMounts", [])} <= volumes, name


def job_name(manifests: list[Manifest], prefix: str) -> str:
    return next(name for m in manifests if (name := str(m["metadata"]["name"])).startswith(prefix))


@pytest.mark.parametrize(
    ("prefix", "flag"),
    [
        ("emberlake-metastore-schema-", "--set=images.hiveMetastore.tag=next"),
        ("emberlake-metastore-schema-", "--set=metastore.warehouse=s3://other/warehouse"),
        ("emberlake-dev-credentials-", "--set=images.operator.tag=next"),
        ("emberlake-dev-credentials-", "--set=jobNamespaces={analytics}"),
    ],
)
def test_a_changed_job_gets_a_new_name(render: Render, prefix: str, flag: str) -> None:
    assert job_name(render(), prefix) != job_name(render(flag), prefix)


@pytest.mark.parametrize("prefix", ["emberlake-metastore-schema-", "emberlake-dev-credentials-"])
def test_an_unrelated_change_keeps_the_job(render: Render, prefix: str) -> None:
    assert job_name(render(), prefix) == job_name(render("--set=operator.replicas=1"), prefix)


@pytest.mark.parametrize("replicas", [1, 2])
def test_updates_need_no_room_for_another_pod(render: Render, replicas: int) -> None:
    manifests = render(f"--set=operator.replicas={replicas},metastore.replicas={replicas}")
    strategies = [m["spec"]["strategy"] for m in manifests if m["kind"] == "Deployment"]
    one_by_one = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}}
    assert strategies == [{"type": "Recreate"} if replicas == 1 else one_by_one] * 2
