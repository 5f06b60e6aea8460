import json
from dataclasses import replace
from typing import Any

import pytest
import yaml

from emberlake.sparkjob.build import Attempt, config_map, driver_pod, properties
from emberlake.sparkjob.resources import pod_memory_mib
from unit.sparkjob.fixtures import CATALOG, SETTINGS, owner, spec

ATTEMPT = Attempt(1, 1)
CATALOGS = [("lake", CATALOG)]


def pod(**fields: Any) -> dict[str, Any]:
    return dict(driver_pod(owner(), spec(**fields), CATALOGS, SETTINGS, ATTEMPT))


def container(**fields: Any) -> dict[str, Any]:
    found: dict[str, Any] = pod(**fields)["spec"]["containers"][0]
    return found


@pytest.mark.parametrize(
    ("memory", "overhead", "language", "mib"),
    [
        ("2g", None, "Python", 2867),
        ("1500m", None, "Java", 1884),
        ("2Gi", "1Gi", "Python", 3072),
        ("1Gi", None, "Java", 1408),
    ],
)
def test_pod_memory_is_what_spark_submit_asks_for(
    memory: str, overhead: str | None, language: str, mib: int
) -> None:
    sized = spec(driver={"memory": memory, "memoryOverhead": overhead})
    assert pod_memory_mib(sized.driver, language) == mib


def test_the_driver_runs_the_application_as_spark_submit_would() -> None:
    assert container(arguments=["--month", "2013-01"])["args"] == [
        "driver",
        "--properties-file",
        "/opt/spark/conf/spark.properties",
        "--class",
        "org.apache.spark.deploy.PythonRunner",
        "s3://lake/jobs/etl.py",
        "--month",
        "2013-01",
    ]
    java = container(type="Java", mainClass="com.acme.Main", mainApplicationFile="s3://lake/app.jar")
    assert java["args"][3:] == ["--class", "com.acme.Main", "s3://lake/app.jar"]


def test_credentials_come_from_the_secret_and_stand_nowhere_else() -> None:
    manifest = json.dumps([pod(), config_map(owner(), spec(), CATALOGS, SETTINGS, ATTEMPT)])
    assert '"secretKeyRef": {"name": "lake-s3"' in manifest
    assert "fs.s3a.secret.key" not in manifest


def restricted(pod_spec: dict[str, Any]) -> None:
    assert pod_spec["securityContext"]["runAsNonRoot"] is True
    assert pod_spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for found in pod_spec["containers"]:
        if found["name"].startswith("spark-kubernetes"):
            context = found["securityContext"]
            assert context["capabilities"] == {"drop": ["ALL"]}
            assert context["allowPrivilegeEscalation"] is False
            assert context["readOnlyRootFilesystem"] is True


def test_driver_and_executors_are_restricted() -> None:
    restricted(pod()["spec"])
    conf = config_map(owner(), spec(), CATALOGS, SETTINGS, ATTEMPT)
    template = yaml.safe_load(conf["data"]["pod-spec-template.yml"])
    restricted(template["spec"])
    assert template["spec"]["automountServiceAccountToken"] is False


def test_a_template_is_laid_under_the_driver() -> None:
    template = {
        "metadata": {"labels": {"team": "a", "spark-role": "mine"}, "annotations": {"x": "y"}},
        "spec": {
            "nodeSelector": {"disk": "ssd"},
            "restartPolicy": "Always",
            "containers": [
                {"name": "spark-kubernetes-driver", "env": [{"name": "A", "value": "1"}]},
                {"name": "sidecar", "image": "s:1"},
            ],
        },
    }
    found = pod(driver={"memory": "1Gi", "template": template})
    assert found["metadata"]["labels"]["team"] == "a"
    assert found["metadata"]["labels"]["spark-role"] == "driver"
    assert found["spec"]["nodeSelector"] == {"disk": "ssd"}
    assert found["spec"]["restartPolicy"] == "Never"
    assert [c["name"] for c in found["spec"]["containers"]] == ["spark-kubernetes-driver", "sidecar"]
    assert {"name": "A", "value": "1"} in found["spec"]["containers"][0]["env"]


def test_the_users_settings_win_over_defaults_but_not_over_what_the_operator_owns() -> None:
    job = spec(sparkConf={"spark.executor.maxNumFailures": "3", "spark.driver.port": "1", "a": "b"})
    found = properties(owner(), job, CATALOGS, SETTINGS, ATTEMPT)
    assert found["spark.executor.maxNumFailures"] == "3"
    assert found["spark.driver.port"] == "7078"
    assert found["a"] == "b"


def test_every_name_of_the_longest_job_fits() -> None:
    long = replace(owner(), name="x" * 50)
    found = driver_pod(long, spec(), CATALOGS, SETTINGS, Attempt(9999, 99))
    assert len(found["metadata"]["name"]) <= 253


def test_a_job_without_catalogs_gets_no_catalog_settings() -> None:
    found = properties(owner(), spec(catalogs=[]), [], SETTINGS, ATTEMPT)
    assert not [key for key in found if key.startswith("spark.sql")]
