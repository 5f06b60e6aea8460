from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emberlake.api.v1alpha1.sparkjob import Dependencies
from emberlake.sparkjob.requirements import requirements_folder, requirements_settings
from unit.sparkjob.test_build import container, env, made, pod, restricted

DEPS = {"requirements": ["pyjokes==0.8.3", "six>=1"]}


def installer(**fields: Any) -> dict[str, Any]:
    found: dict[str, Any] = pod(**fields)["spec"]["initContainers"][-1]
    return found


def file(**deps: Any) -> list[str]:
    (text,) = requirements_folder(Dependencies.model_validate(deps)).files.values()
    return text.splitlines()


@pytest.mark.parametrize(
    ("index", "options"),
    [
        (None, []),
        ("https://pypi.example/simple", ["--index-url https://pypi.example/simple"]),
        (
            "http://index.demo.svc:8080/simple",
            ["--index-url http://index.demo.svc:8080/simple", "--trusted-host index.demo.svc:8080"],
        ),
    ],
)
def test_pip_gets_a_file_with_the_index_and_the_requirements(index: str | None, options: list[str]) -> None:
    assert file(**DEPS, indexUrl=index) == [*options, "pyjokes==0.8.3", "six>=1"]


@given(st.lists(st.from_regex(r"[A-Za-z0-9][^\n\r]{0,20}", fullmatch=True), min_size=1, max_size=5))
def test_a_requirement_is_a_line_and_never_an_option(requirements: list[str]) -> None:
    text = requirements_folder(Dependencies.model_validate({"requirements": requirements})).files
    assert next(iter(text.values())).split("\n") == [*requirements, ""]
    assert not any(line.startswith("-") for line in requirements)


def test_an_init_container_with_the_drivers_view_installs_them_once() -> None:
    secret = {"name": "PIP_INDEX_URL", "valueFrom": {"secretKeyRef": {"name": "index", "key": "url"}}}
    fields = {"deps": DEPS, "driver": {"memory": "1Gi", "env": [secret]}}
    found, driver = installer(**fields), container(**fields)
    assert found["name"] == "requirements"
    assert found["command"] == [
        "python3",
        "/opt/emberlake/install_requirements.py",
        "/opt/spark/pip/requirements.txt",
        "/opt/spark/requirements/requirements.tar.gz",
    ]
    assert (found["image"], found["resources"]) == (driver["image"], driver["resources"])
    assert env(found)["PIP_INDEX_URL"] == secret["valueFrom"]
    assert found["terminationMessagePolicy"] == "FallbackToLogsOnError"
    assert found["securityContext"]["readOnlyRootFilesystem"] is True
    restricted(pod(**fields)["spec"])
    assert made(**fields)["ConfigMap"]["data"]["requirements.txt"] == "pyjokes==0.8.3\nsix>=1\n"


def test_the_archive_reaches_the_driver_and_through_it_the_executors() -> None:
    shared = {m["name"]: m["mountPath"] for m in container(deps=DEPS)["volumeMounts"]}
    assert shared["emberlake-requirements"] == "/opt/spark/requirements"
    assert env(container(deps=DEPS))["PYTHONPATH"] == "requirements"
    conf = made(deps=DEPS)["ConfigMap"]["data"]["spark.properties"]
    assert "spark.executorEnv.PYTHONPATH=requirements" in conf.splitlines()


def test_archives_and_paths_of_the_user_stay() -> None:
    deps = Dependencies.model_validate(DEPS)
    conf = {"spark.archives": "s3://lake/a.zip#a", "spark.executorEnv.PYTHONPATH": "/opt/lib"}
    assert requirements_settings(deps, conf) == {
        "spark.archives": "s3://lake/a.zip#a,file:///opt/spark/requirements/requirements.tar.gz#requirements",
        "spark.kubernetes.driverEnv.PYTHONPATH": "requirements",
        "spark.executorEnv.PYTHONPATH": "requirements:/opt/lib",
    }
    assert requirements_settings(Dependencies.model_validate({}), conf) == {}


def test_init_containers_of_a_template_come_first() -> None:
    template = {"spec": {"initContainers": [{"name": "proxy", "image": "p:1", "restartPolicy": "Always"}]}}
    found = pod(deps=DEPS, driver={"template": template})["spec"]["initContainers"]
    assert [container["name"] for container in found] == ["proxy", "requirements"]


def test_a_job_without_requirements_has_no_trace_of_them() -> None:
    assert "initContainers" not in pod()["spec"]
    assert "requirements.txt" not in made()["ConfigMap"]["data"]
