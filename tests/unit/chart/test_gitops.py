"""The Argo CD health script, run as Argo CD runs it."""

from typing import Any

import lupa
import pytest
import yaml

from unit.chart.rendering import ROOT

CONFIG_MAP = yaml.safe_load((ROOT / "manifests" / "gitops" / "argocd" / "health.yaml").read_text())
PREFIX = "resource.customizations.health.emberlake.dev_"


def condition(kind: str, status: str, reason: str = "Some", message: str = "") -> dict[str, str]:
    return {"type": kind, "status": status, "reason": reason, "message": message}


def health(status: dict[str, Any] | None) -> tuple[str, str]:
    """(status, message) that Argo CD shows for an object of generation 2."""
    lua = lupa.LuaRuntime(unpack_returned_tuples=True)
    script = lua.eval("function(obj) " + CONFIG_MAP["data"][f"{PREFIX}SparkJob"] + " end")
    obj: dict[str, Any] = {"metadata": {"generation": 2}} | ({} if status is None else {"status": status})
    answer = script(lua.table_from(obj, recursive=True))
    return answer["status"], answer["message"]


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (None, ("Progressing", "Waiting for the Emberlake operator")),
        ({"observedGeneration": 2}, ("Progressing", "Waiting for the Emberlake operator")),
        (
            {"observedGeneration": 1, "conditions": [condition("Ready", "True")]},
            ("Progressing", "Waiting for the Emberlake operator"),
        ),
        (
            {
                "observedGeneration": 2,
                "conditions": [
                    condition("Succeeded", "Unknown"),
                    condition("Ready", "False", message="driver runs"),
                    condition("Reconciling", "True"),
                ],
            },
            ("Progressing", "driver runs"),
        ),
        (
            {
                "observedGeneration": 2,
                "conditions": [condition("Succeeded", "True"), condition("Ready", "True", message="done")],
            },
            ("Healthy", "done"),
        ),
        (
            {
                "observedGeneration": 2,
                "conditions": [
                    condition("Ready", "False", message="failed"),
                    condition("Stalled", "True", message="ValueError: no such column"),
                ],
            },
            ("Degraded", "ValueError: no such column"),
        ),
        (
            {"observedGeneration": 2, "conditions": [condition("Ready", "True", "Suspended", "by request")]},
            ("Suspended", "by request"),
        ),
    ],
)
def test_argo_cd_shows_the_state(status: dict[str, Any] | None, expected: tuple[str, str]) -> None:
    assert health(status) == expected


def test_every_kind_has_the_check() -> None:
    assert {key.removeprefix(PREFIX) for key in CONFIG_MAP["data"]} == {
        "Catalog",
        "Classifier",
        "Crawl",
        "SparkJob",
        "Warehouse",
    }
    assert len(set(CONFIG_MAP["data"].values())) == 1
