"""manifests/install is what the chart renders."""

import os
import subprocess
from pathlib import Path

import yaml

from unit.chart.rendering import ROOT, helm_path

INSTALL = ROOT / "manifests" / "install"


def generate(folder: Path, *flags: str) -> None:
    script = ROOT / "charts" / "generate-install.sh"
    subprocess.run([script, folder, *flags], check=True, env={**os.environ, "HELM": helm_path()})


def test_without_drift(tmp_path: Path) -> None:
    generate(tmp_path)
    for name in ("emberlake.yaml", "kustomization.yaml", "namespace.yaml"):
        assert (tmp_path / name).read_text() == (INSTALL / name).read_text(), f"{name}: run `make generate`"


def test_flags_reach_helm(tmp_path: Path) -> None:
    generate(tmp_path, "--set=images.operator.tag=abc")
    assert "image: emberlake/operator:abc" in (tmp_path / "emberlake.yaml").read_text()


def test_namespaces_enforce_restricted_and_nothing_is_a_hook() -> None:
    documents = [
        document
        for name in ("namespace.yaml", "emberlake.yaml")
        for document in yaml.safe_load_all((INSTALL / name).read_text())
        if document
    ]
    namespaces = {
        d["metadata"]["name"]: d["metadata"]["labels"] for d in documents if d["kind"] == "Namespace"
    }
    assert {name: labels["pod-security.kubernetes.io/enforce"] for name, labels in namespaces.items()} == {
        "emberlake": "restricted",
        "demo": "restricted",
    }
    assert not [d for d in documents if "helm.sh/hook" in d["metadata"].get("annotations", {})]
    used = {d["metadata"]["namespace"] for d in documents if "namespace" in d["metadata"]}
    assert used == set(namespaces)
