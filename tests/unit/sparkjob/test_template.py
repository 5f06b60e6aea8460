"""Fields that are no Spark setting, in the pods of both roles."""

import json
from typing import Any

import pytest

from emberlake.settings import Settings
from emberlake.sparkjob.build import children
from emberlake.sparkjob.names import Attempt
from unit.sparkjob.fixtures import CATALOG, SETTINGS, owner, spec

ROLES = ["driver", "executor"]


def pods(settings: Settings = SETTINGS, **fields: Any) -> dict[str, dict[str, Any]]:
    """The driver pod and the executors' template."""
    found = {
        m["kind"]: m for m in children(owner(), spec(**fields), [("lake", CATALOG)], settings, Attempt(1, 1))
    }
    executor = json.loads(found["ConfigMap"]["data"]["pod-spec-template.yml"])
    return {"driver": dict(found["Pod"]), "executor": executor}


def pod(role: str, **fields: Any) -> dict[str, Any]:
    return pods(**{role: fields})[role]


def container(found: dict[str, Any]) -> dict[str, Any]:
    return next(c for c in found["spec"]["containers"] if c["name"].startswith("spark-kubernetes-"))


TOLERATION = {"key": "spot", "operator": "Exists", "tolerationSeconds": 60}
AFFINITY = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": []}}}


@pytest.mark.parametrize("role", ROLES)
def test_placement(role: str) -> None:
    found = pod(
        role,
        tolerations=[TOLERATION],
        affinity=AFFINITY,
        priorityClassName="high",
        template={
            "spec": {"tolerations": [{"key": "mine"}], "affinity": {}, "hostAliases": [{"ip": "10.0.0.1"}]}
        },
    )["spec"]
    assert found["tolerations"] == [{"key": "mine"}, TOLERATION]
    assert found["affinity"] == AFFINITY
    assert found["priorityClassName"] == "high"
    assert found["hostAliases"] == [{"ip": "10.0.0.1"}]


@pytest.mark.parametrize("role", ROLES)
def test_environment_without_a_setting(role: str) -> None:
    by_field = {"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}
    optional = {"name": "T", "valueFrom": {"secretKeyRef": {"name": "a", "key": "b", "optional": True}}}
    source = {"prefix": "DB_", "secretRef": {"name": "db"}}
    found = container(
        pod(
            role,
            env=[by_field, optional, {"name": "PLAIN", "value": "x"}],
            envFrom=[source],
            template={"spec": {"containers": [{"envFrom": [{"configMapRef": {"name": "c"}}]}]}},
        )
    )
    assert [entry for entry in found["env"] if entry in (by_field, optional)] == [by_field, optional]
    assert found["envFrom"] == [{"configMapRef": {"name": "c"}}, source]
    # By a setting, of which Spark makes the executors' variables itself.
    assert [entry["value"] for entry in found["env"] if entry["name"] == "PLAIN"] == ["x"] * (
        role == "driver"
    )


@pytest.mark.parametrize("role", ROLES)
def test_variables_that_refer_to_others_keep_their_order(role: str) -> None:
    env = [{"name": "Z", "value": "1"}, {"name": "A", "value": "$(Z)"}]
    found = [entry for entry in container(pod(role, env=env))["env"] if entry["name"] in "AZ"]
    assert found == env


@pytest.mark.parametrize("role", ROLES)
def test_the_users_variables_win_over_the_catalogs(role: str) -> None:
    template = {"spec": {"containers": [{"env": [{"name": "AWS_REGION", "value": "mine"}]}]}}
    regions = [
        e["value"] for e in container(pod(role, template=template))["env"] if e["name"] == "AWS_REGION"
    ]
    assert regions == ["us-east-1", "mine"]


@pytest.mark.parametrize("role", ROLES)
def test_volumes_take_the_place_of_the_templates(role: str) -> None:
    projected = {"name": "data", "projected": {"sources": [{"secret": {"name": "api"}}]}}
    found = pod(
        role,
        volumes=[projected],
        volumeMounts=[{"name": "data", "mountPath": "/data", "subPath": "a"}],
        template={
            "spec": {
                "volumes": [{"name": "data", "emptyDir": {}}, {"name": "kept", "emptyDir": {}}],
                "containers": [
                    {
                        "volumeMounts": [
                            {"name": "kept", "mountPath": "/data"},
                            {"name": "kept", "mountPath": "/k"},
                        ]
                    }
                ],
            }
        },
    )
    volumes = {volume["name"]: volume for volume in found["spec"]["volumes"]}
    mounts = {mount["mountPath"]: mount for mount in container(found)["volumeMounts"]}
    assert volumes["data"] == projected
    assert "kept" in volumes
    assert mounts["/data"] == {"name": "data", "mountPath": "/data", "subPath": "a"}
    assert mounts["/k"]["name"] == "kept"


@pytest.mark.parametrize("role", ROLES)
def test_a_volume_of_the_user_at_a_writable_place_is_left_there(role: str) -> None:
    found = pod(
        role, volumes=[{"name": "mine", "emptyDir": {}}], volumeMounts=[{"name": "mine", "mountPath": "/tmp"}]
    )
    assert [m["name"] for m in container(found)["volumeMounts"] if m["mountPath"] == "/tmp"] == ["mine"]
    assert "emberlake-tmp" not in [volume["name"] for volume in found["spec"]["volumes"]]


@pytest.mark.parametrize("role", ROLES)
def test_labels_of_the_operator_are_its_own(role: str) -> None:
    template = {"metadata": {"labels": {"emberlake.dev/role": "mine", "team": "a"}}}
    labels = pod(role, template=template)["metadata"]["labels"]
    assert (labels["emberlake.dev/role"], labels["team"]) == (role, "a")


@pytest.mark.parametrize("role", ROLES)
def test_the_users_container_is_found_by_its_name(role: str) -> None:
    template = {
        "spec": {"containers": [{"name": "log", "image": "l:1"}, {"name": "main", "env": [{"name": "A"}]}]}
    }
    key = f"spark.kubernetes.{role}.podTemplateContainerName"
    found = pods(sparkConf={key: "main"}, **{role: {"template": template}})[role]
    assert {"name": "A"} in container(found)["env"]
    assert {c["name"] for c in found["spec"]["containers"]} == {"log", f"spark-kubernetes-{role}"}


def test_a_driver_stays_where_it_is_and_tells_prometheus_unless_the_user_says_otherwise() -> None:
    metadata = pod("driver")["metadata"]
    assert metadata["annotations"] == {
        "cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
        "karpenter.sh/do-not-disrupt": "true",
        "prometheus.io/scrape": "true",
        "prometheus.io/port": "4040",
        "prometheus.io/path": "/metrics/executors/prometheus/",
    }
    for fields in (
        {"template": {"metadata": {"annotations": {"karpenter.sh/do-not-disrupt": "false"}}}},
        {"annotations": {"karpenter.sh/do-not-disrupt": "false"}},
    ):
        assert pod("driver", **fields)["metadata"]["annotations"]["karpenter.sh/do-not-disrupt"] == "false"
    for fields in (
        {"monitoring": {"prometheus": False}},
        {"ui": {"enabled": False}},
        {"sparkConf": {"spark.ui.enabled": "false"}},
    ):
        quiet = pods(**fields)["driver"]["metadata"]["annotations"]
        assert not [key for key in quiet if key.startswith("prometheus")]


def test_executors_of_placement_spot_tolerate_spot_nodes() -> None:
    document = SETTINGS.model_dump(by_alias=True)
    document["defaults"]["spot"] = {"tolerations": [{"key": "spot"}]}
    settings = Settings.model_validate(document)
    placed = {"executor": {"placement": "Spot", "tolerations": [{"key": "mine"}]}}
    found = pods(settings, **placed)
    assert found["executor"]["spec"]["tolerations"] == [{"key": "mine"}, {"key": "spot"}]
    assert "tolerations" not in found["driver"]["spec"]
    assert "tolerations" not in pods(settings)["executor"]["spec"]


@pytest.mark.parametrize("role", ROLES)
def test_gpus_are_told_to_spark_by_a_script(role: str) -> None:
    made = children(owner(), spec(**{role: {"gpu": {"quantity": 2}}}), [], SETTINGS, Attempt(1, 1))
    data = next(m["data"] for m in made if m["kind"] == "ConfigMap")
    assert data[f"{role}-gpus.sh"] == '#!/bin/sh\necho \'{"name": "gpu", "addresses": ["0", "1"]}\'\n'
    found = pod(role, gpu={"quantity": 2})
    (volume,) = [v for v in found["spec"]["volumes"] if v["name"] == "emberlake-gpu"]
    (item,) = volume["configMap"]["items"]
    assert (item["key"], item["mode"]) == (f"{role}-gpus.sh", 0o555)
    other = pods(**{role: {"gpu": {"quantity": 2}}})["driver" if role == "executor" else "executor"]
    assert "emberlake-gpu" not in [v["name"] for v in other["spec"]["volumes"]]
