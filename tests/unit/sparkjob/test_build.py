import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from emberlake.sparkjob.build import children
from emberlake.sparkjob.names import Attempt
from unit.catalog.golden import check
from unit.sparkjob.fixtures import CATALOG, EVERYTHING, SETTINGS, owner, spec

ATTEMPT = Attempt(1, 1)
CATALOGS = [("lake", CATALOG)]


def made(**fields: Any) -> dict[str, dict[str, Any]]:
    """What an attempt makes, by kind."""
    catalogs = [] if fields.get("catalogs") == [] else CATALOGS
    found = children(owner(), spec(**fields), catalogs, SETTINGS, ATTEMPT)
    return {str(manifest["kind"]): dict(manifest) for manifest in found}


def pod(**fields: Any) -> dict[str, Any]:
    return made(**fields)["Pod"]


def container(**fields: Any) -> dict[str, Any]:
    found: dict[str, Any] = pod(**fields)["spec"]["containers"][0]
    return found


def executors(**fields: Any) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(made(**fields)["ConfigMap"]["data"]["pod-spec-template.yml"])
    return found


def env(found: dict[str, Any]) -> dict[str, Any]:
    """Variables of a container; where a name stands twice, Kubernetes takes the last."""
    return {entry["name"]: entry.get("value", entry.get("valueFrom")) for entry in found["env"]}


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
    r = container(type="R", mainApplicationFile="s3://lake/app.R", proxyUser="ann")
    assert r["args"][:3] == ["driver", "--proxy-user", "ann"]
    assert r["args"][5:] == ["--class", "org.apache.spark.deploy.RRunner", "s3://lake/app.R"]


def test_credentials_come_from_the_secret_and_stand_nowhere_else() -> None:
    manifest = json.dumps(made())
    assert '"secretKeyRef": {"name": "lake-s3"' in manifest
    assert "fs.s3a.secret.key" not in manifest


def restricted(pod_spec: dict[str, Any]) -> None:
    """Pod Security `restricted`, as the standard words it."""
    assert pod_spec["securityContext"]["runAsNonRoot"] is True
    assert pod_spec["securityContext"]["runAsUser"] != 0
    assert pod_spec["securityContext"]["seccompProfile"]["type"] in ("RuntimeDefault", "Localhost")
    for found in [*pod_spec["containers"], *pod_spec.get("initContainers", [])]:
        context = found["securityContext"]
        assert context["capabilities"]["drop"] == ["ALL"]
        assert set(context["capabilities"].get("add", [])) <= {"NET_BIND_SERVICE"}
        assert context["allowPrivilegeEscalation"] is False
        assert not context.get("privileged")
        assert context.get("runAsNonRoot", True)
        assert context.get("runAsUser") != 0
        assert context.get("seccompProfile", {}).get("type") != "Unconfined"


# Breaks nothing, and says too little to be taken as it is.
LOOSE = {
    "securityContext": {"supplementalGroups": [7]},
    "initContainers": [{"name": "init", "image": "i:1"}],
    "containers": [
        {"name": "spark", "securityContext": {"runAsUser": 1000}},
        {
            "name": "sidecar",
            "image": "s:1",
            "securityContext": {"capabilities": {"add": ["NET_BIND_SERVICE"]}},
        },
    ],
}


@pytest.mark.parametrize("template", [{}, {"spec": LOOSE}])
def test_driver_and_executors_are_restricted_whatever_the_template_says(template: dict[str, Any]) -> None:
    fields = {"driver": {"template": template}, "executor": {"template": template}}
    for found in (pod(**fields)["spec"], executors(**fields)["spec"]):
        restricted(found)
        spark = next(c for c in found["containers"] if c["name"].startswith("spark-kubernetes"))
        assert spark["securityContext"]["readOnlyRootFilesystem"] is True
        assert {m["mountPath"] for m in spark["volumeMounts"]} >= {"/tmp", "/opt/spark/work-dir"}
    assert executors(**fields)["spec"]["automountServiceAccountToken"] is False


CONTEXTS = st.fixed_dictionaries(
    {},
    optional={
        "runAsUser": st.sampled_from([0, 185, 1000]),
        "runAsNonRoot": st.booleans(),
        "privileged": st.booleans(),
        "allowPrivilegeEscalation": st.booleans(),
        "capabilities": st.fixed_dictionaries(
            {}, optional={"add": st.lists(st.sampled_from(["ALL", "NET_BIND_SERVICE", "SYS_ADMIN"]))}
        ),
        "seccompProfile": st.sampled_from(
            [
                {"type": "Unconfined"},
                {"type": "RuntimeDefault"},
                {"type": "Localhost", "localhostProfile": "p"},
            ]
        ),
    },
)
CONTAINERS = st.lists(
    st.fixed_dictionaries({"image": st.just("i:1"), "securityContext": CONTEXTS}), max_size=3
)


@given(CONTEXTS, CONTAINERS, CONTAINERS)
def test_no_template_gets_around_the_standard(
    context: dict[str, Any], containers: list[dict[str, Any]], inits: list[dict[str, Any]]
) -> None:
    def named(found: list[dict[str, Any]], prefix: str) -> list[dict[str, Any]]:
        return [{"name": f"{prefix}-{index}", **entry} for index, entry in enumerate(found)]

    template = {
        "spec": {
            "securityContext": context,
            "containers": named(containers, "c"),
            "initContainers": named(inits, "i"),
        }
    }
    fields = {"driver": {"template": template}, "executor": {"template": template}}
    try:
        built = (pod(**fields)["spec"], executors(**fields)["spec"])
    except ValueError as refusal:
        assert "it breaks Pod Security `restricted`" in str(refusal)  # noqa: PT017
    else:
        for found in built:
            restricted(found)


def test_a_template_is_laid_under_the_driver() -> None:
    template = {
        "metadata": {"labels": {"team": "a", "spark-role": "mine"}, "annotations": {"x": "y"}},
        "spec": {
            "nodeSelector": {"disk": "ssd"},
            "restartPolicy": "Always",
            "containers": [
                {"name": "sidecar", "image": "s:1"},
                {"name": "spark-kubernetes-driver", "env": [{"name": "A", "value": "1"}]},
            ],
        },
    }
    found = pod(driver={"template": template})
    assert found["metadata"]["labels"]["team"] == "a"
    assert found["metadata"]["labels"]["spark-role"] == "driver"
    assert found["spec"]["nodeSelector"] == {"disk": "ssd"}
    assert found["spec"]["restartPolicy"] == "Never"
    assert [c["name"] for c in found["spec"]["containers"]] == ["spark-kubernetes-driver", "sidecar"]
    assert env(found["spec"]["containers"][0])["A"] == "1"


def test_every_name_of_the_longest_job_fits() -> None:
    long = replace(owner(), name="x" * 50)
    for found in children(long, spec(), CATALOGS, SETTINGS, Attempt(9999, 99)):
        assert len(found["metadata"]["name"]) <= 253


@pytest.mark.parametrize(("name", "fields"), [("small", {}), ("everything", EVERYTHING)])
def test_the_objects_are_the_reviewed_ones(name: str, fields: dict[str, Any]) -> None:
    files = {}
    for kind, manifest in made(**fields).items():
        data = manifest.pop("data", {})
        files[f"{kind}.yaml"] = yaml.safe_dump(manifest, sort_keys=False)
        files |= data
    check(Path(__file__).parent / "golden" / name, files)
