"""Volumes that are written as Spark settings."""

from typing import Any

import pytest

from emberlake.sparkjob.volumes import by_settings

PREFIX = "spark.kubernetes.driver.volumes."


def read(**options: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """The volumes of settings like emptyDir_data_options_medium."""
    conf = {PREFIX + key.replace("_", "."): value for key, value in options.items()}
    others = {"spark.app.id": "spark-1", "spark.kubernetes.executor.volumes.x.y": "z"}
    return by_settings({**conf, **others}, "driver")


@pytest.mark.parametrize(
    ("options", "source"),
    [
        ({}, {"emptyDir": {"medium": ""}}),
        (
            {"emptyDir_data_options_medium": "Memory", "emptyDir_data_options_sizeLimit": "1Gi"},
            {"emptyDir": {"medium": "Memory", "sizeLimit": "1Gi"}},
        ),
        (
            {"persistentVolumeClaim_data_options_claimName": "models"},
            {"persistentVolumeClaim": {"claimName": "models", "readOnly": False}},
        ),
    ],
)
def test_sources(options: dict[str, str], source: dict[str, Any]) -> None:
    kind = next(iter(source))
    found = read(**{f"{kind}_data_mount_path": "/data"}, **options)
    assert found == [({"name": "data", **source}, {"name": "data", "mountPath": "/data", "readOnly": False})]


def test_mounts() -> None:
    pvc = {
        "persistentVolumeClaim_models_mount_path": "/models",
        "persistentVolumeClaim_models_mount_readOnly": "true",
        "persistentVolumeClaim_models_options_claimName": "models",
    }
    ((volume, mount),) = read(**pvc, persistentVolumeClaim_models_mount_subPath="v1")
    assert volume["persistentVolumeClaim"]["readOnly"] is True
    assert mount == {"name": "models", "mountPath": "/models", "readOnly": True, "subPath": "v1"}
    ((_, mount),) = read(**pvc, persistentVolumeClaim_models_mount_subPathExpr="$(POD)")
    assert mount["subPathExpr"] == "$(POD)"


def test_a_claim_on_demand_lives_and_dies_with_the_pod() -> None:
    start = "persistentVolumeClaim_scratch_"
    options = {
        f"{start}mount_path": "/scratch",
        f"{start}options_claimName": "OnDemand",
        f"{start}options_sizeLimit": "5Gi",
    }
    ((volume, _),) = read(**options, **{f"{start}label_team": "a"})
    template = volume["ephemeral"]["volumeClaimTemplate"]
    assert template["metadata"]["labels"] == {"team": "a", "spark-app-selector": "spark-1"}
    assert template["spec"] == {
        "accessModes": ["ReadWriteOncePod"],
        "resources": {"requests": {"storage": "5Gi"}},
    }
    ((volume, _),) = read(**options, **{f"{start}options_storageClass": "fast"})
    assert volume["ephemeral"]["volumeClaimTemplate"]["spec"]["storageClassName"] == "fast"


def test_secrets() -> None:
    ((volume, mount),) = by_settings({"spark.kubernetes.executor.secrets.db": "/etc/db"}, "executor")
    assert volume == {"name": "db-volume", "secret": {"secretName": "db"}}
    assert mount == {"name": "db-volume", "mountPath": "/etc/db"}


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"emptyDir_a_options_medium": "Memory"}, "emptyDir.a.mount.path is missing"),
        ({"hostPath_a_mount_path": "/a"}, "type 'hostPath' is refused: it breaks Pod Security `restricted`"),
        ({"nfs_a_mount_path": "/a"}, "use a persistentVolumeClaim"),
        (
            {"persistentVolumeClaim_a_mount_path": "/a"},
            "persistentVolumeClaim.a.options.claimName is missing",
        ),
        (
            {
                "persistentVolumeClaim_a_mount_path": "/a",
                "persistentVolumeClaim_a_options_claimName": "OnDemand",
            },
            "persistentVolumeClaim.a.options.sizeLimit is missing",
        ),
        ({"csi_a_mount_path": "/a"}, "type 'csi' is none of persistentVolumeClaim, emptyDir"),
        (
            {"emptyDir_a_mount_path": "/a", "emptyDir_a_options_sizeLimit": "10"},
            "emptyDir.a.options.sizeLimit '10' is below 1Ki",
        ),
        (
            {
                "emptyDir_a_mount_path": "/a",
                "emptyDir_a_mount_subPath": "x",
                "emptyDir_a_mount_subPathExpr": "y",
            },
            "mount.subPath or mount.subPathExpr",
        ),
    ],
)
def test_what_is_wrong_is_named(options: dict[str, str], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        read(**options)
