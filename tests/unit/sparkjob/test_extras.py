"""What a job gets beside its pods, only when it asks."""

from typing import Any

import pytest

from emberlake.sparkjob.build import children
from emberlake.sparkjob.names import Attempt
from unit.sparkjob.fixtures import CATALOG, SETTINGS, owner, spec

FIRST = Attempt(1, 1)


def made(attempt: Attempt = FIRST, **fields: Any) -> dict[str, dict[str, Any]]:
    found = children(owner(), spec(**fields), [("lake", CATALOG)], SETTINGS, attempt)
    return {str(manifest["kind"]): dict(manifest) for manifest in found}


@pytest.mark.parametrize(
    ("fields", "kinds"),
    [
        ({}, []),
        ({"driver": {"podDisruptionBudget": True}}, ["PodDisruptionBudget"]),
        ({"ui": {"service": True}}, ["Service"]),
        ({"ui": {"ingress": {"host": "etl.example.com"}}}, ["Service", "Ingress"]),
        ({"ui": {"enabled": False, "service": True, "ingress": {"host": "etl.example.com"}}}, []),
    ],
)
def test_the_driver_is_made_last(fields: dict[str, Any], kinds: list[str]) -> None:
    assert list(made(**fields)) == ["ConfigMap", *kinds, "Pod"]


def test_they_belong_to_the_job_and_choose_the_driver_of_any_attempt() -> None:
    fields = {"driver": {"podDisruptionBudget": True}, "ui": {"service": True}}
    first, second = made(**fields), made(Attempt(2, 3), **fields)
    labels = second["Pod"]["metadata"]["labels"]
    for kind, selector in (
        ("PodDisruptionBudget", first["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"]),
        ("Service", first["Service"]["spec"]["selector"]),
    ):
        assert first[kind] == second[kind]
        assert first[kind]["metadata"]["ownerReferences"][0]["uid"] == "uid-1"
        assert selector.items() <= labels.items()
    assert first["PodDisruptionBudget"]["spec"]["minAvailable"] == 1


def test_no_executor_is_chosen() -> None:
    selector = made(ui={"service": True})["Service"]["spec"]["selector"]
    assert selector["emberlake.dev/role"] == "driver"


def test_the_service_follows_the_ports_name() -> None:
    found = made(ui={"service": True}, sparkConf={"spark.ui.port": "4141"})
    (port,) = found["Service"]["spec"]["ports"]
    ports = {p["name"]: p["containerPort"] for p in found["Pod"]["spec"]["containers"][0]["ports"]}
    assert (port["port"], ports[port["targetPort"]]) == (4040, 4141)


def test_the_ingress_leads_to_the_service() -> None:
    ingress = {
        "host": "etl.example.com",
        "className": "nginx",
        "tlsSecretName": "tls",
        "annotations": {"a": "b"},
    }
    found = made(ui={"ingress": ingress})
    rule = found["Ingress"]["spec"]["rules"][0]
    backend = rule["http"]["paths"][0]["backend"]["service"]
    assert rule["host"] == "etl.example.com"
    assert backend["name"] == found["Service"]["metadata"]["name"] == "etl-ui"
    assert backend["port"]["name"] == found["Service"]["spec"]["ports"][0]["name"]
    assert found["Ingress"]["spec"]["ingressClassName"] == "nginx"
    assert found["Ingress"]["spec"]["tls"] == [{"hosts": ["etl.example.com"], "secretName": "tls"}]
    assert found["Ingress"]["metadata"]["annotations"] == {"a": "b"}
