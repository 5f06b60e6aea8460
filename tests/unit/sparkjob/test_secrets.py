"""Which Secrets an attempt's executors refer to, and where that is noted."""

from typing import Any

import pytest

from emberlake.sparkjob.build import children
from emberlake.sparkjob.names import Attempt
from emberlake.sparkjob.plan import plan
from emberlake.sparkjob.secrets import noted_secrets
from unit.sparkjob.fixtures import CATALOG, SETTINGS, observed, owner, spec

K8S = "spark.kubernetes."


def reference(name: str) -> dict[str, Any]:
    return {"name": "A", "valueFrom": {"secretKeyRef": {"name": name, "key": "k", "optional": True}}}


def noted(**executor: Any) -> list[str]:
    conf = executor.pop("sparkConf", {})
    asked = spec(
        executor=executor, sparkConf=conf, driver={"secrets": [{"name": "of-the-driver", "path": "/d"}]}
    )
    config_map = children(owner(), asked, [("lake", CATALOG)], SETTINGS, Attempt(1, 1))[0]
    return noted_secrets(config_map)


@pytest.mark.parametrize(
    ("executor", "names"),
    [
        ({}, []),
        ({"secrets": [{"name": "db", "path": "/s"}]}, ["db"]),
        ({"env": [reference("db")]}, ["db"]),
        ({"env": [{"name": "B", "valueFrom": {"secretKeyRef": {"name": "db", "key": "k"}}}]}, ["db"]),
        ({"envFrom": [{"secretRef": {"name": "db"}}, {"configMapRef": {"name": "c"}}]}, ["db"]),
        ({"volumes": [{"name": "v", "secret": {"secretName": "db"}}]}, ["db"]),
        ({"volumes": [{"name": "v", "projected": {"sources": [{"secret": {"name": "db"}}]}}]}, ["db"]),
        (
            {
                "template": {
                    "spec": {"initContainers": [{"name": "i", "image": "i", "env": [reference("db")]}]}
                }
            },
            ["db"],
        ),
        (
            {"sparkConf": {f"{K8S}executor.secrets.a": "/a", f"{K8S}executor.secretKeyRef.B": "b:k"}},
            ["a", "b"],
        ),
    ],
)
def test_the_secrets_of_executors_and_of_nobody_else(executor: dict[str, Any], names: list[str]) -> None:
    assert noted(**executor) == sorted([*names, "lake-s3"])


def test_the_status_tells_them_before_the_driver_is_made() -> None:
    found = plan(observed(), SETTINGS)
    assert found.status is not None
    assert found.status_first
    assert found.status["attempt"]["secrets"] == ["lake-s3"]


def test_more_than_a_status_holds_are_refused() -> None:
    many = [{"name": f"{'s' * 40}-{number}", "path": f"/{number}"} for number in range(60)]
    with pytest.raises(ValueError, match="put what they hold into fewer Secrets"):
        noted(sparkConf={f"{K8S}executor.secrets.{entry['name']}": entry["path"] for entry in many})
