"""`helm upgrade` from the chart of the release before and back, with jobs in every stage.

An install of the test's own beside the platform: its own namespace, no CRDs, no development services. Each
chart runs the operator that came with it. The test is the kubelet of its drivers.
"""

import json
import os
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from demo import kube

from cluster.jobs import drivers, job, one_driver, set_phase, state
from cluster.previous import PREVIOUS, unpack

pytestmark = pytest.mark.e2e

RELEASE = "upgraded"
NODE = "emberlake-control-plane"
IMAGES = kube.ROOT / ".build/images.yaml"


@pytest.fixture
def namespace() -> Iterator[str]:
    """A namespace whose accounts the chart makes."""
    name = f"test-{uuid.uuid4().hex[:8]}"
    kube.kubectl("create", "namespace", name)
    try:
        yield name
    finally:
        _helm("uninstall", RELEASE, "-n", name, "--ignore-not-found", "--wait")
        kube.kubectl("delete", "namespace", name, "--wait=false")


def test_a_helm_upgrade_and_the_way_back_touch_no_running_job(namespace: str, tmp_path: Path) -> None:
    images = yaml.safe_load(IMAGES.read_text())["images"]
    past = unpack(tmp_path)
    before = (past / "charts/emberlake", _images_of(past, images))
    now = (kube.ROOT / "charts/emberlake", images)
    _install(*before, namespace)
    for name in ("running", "done"):
        kube.apply(job(name, rerunOn="Change"), namespace)
        one_driver(namespace, f"{name}-1-1-driver")
        set_phase(namespace, f"{name}-1-1-driver", "Running")
        state(namespace, "Running", name)
    set_phase(namespace, "done-1-1-driver", "Succeeded", 0)
    state(namespace, "Succeeded", "done")
    found = _essence(namespace)
    for number, state_of_things in enumerate((now, before, now)):
        _install(*state_of_things, namespace)
        # The operator of this chart works, and has looked at all that was there.
        kube.apply(job(f"witness-{number}"), namespace)
        one_driver(namespace, f"witness-{number}-1-1-driver")
        after = _essence(namespace)
        assert {name: after[name] for name in found} == found
    set_phase(namespace, "running-1-1-driver", "Succeeded", 0)
    state(namespace, "Succeeded", "running", run=1)
    _helm("uninstall", RELEASE, "-n", namespace, "--wait")
    assert len(drivers(namespace)) == len(_essence(namespace))


def _essence(namespace: str) -> dict[str, Any]:
    """Of each job its run, its attempt and the uids of its drivers."""
    return {
        item["metadata"]["name"]: (
            item["status"]["run"],
            item["status"].get("attempt"),
            [pod["metadata"]["uid"] for pod in drivers(namespace, item["metadata"]["name"])],
        )
        for item in kube.items("sparkjobs", namespace)
    }


def _images_of(past: Path, images: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    """Those that the chart of the past knows, its own operator among them."""
    known = yaml.safe_load((past / "charts/emberlake/values.yaml").read_text())["images"]
    kept = {name: image for name, image in images.items() if name in known}
    return {**kept, "operator": _operator_of(past, images["operator"])}


def _operator_of(past: Path, image: dict[str, str]) -> dict[str, str]:
    """The operator's image with the code of the past in it, on the node."""
    tag = f"{image['tag']}-{PREVIOUS[:8]}"
    (past / "Dockerfile").write_text(
        f"FROM {image['repository']}:{image['tag']}\nUSER root\nRUN rm -rf /opt/emberlake/emberlake\n"
        "COPY operator/emberlake /opt/emberlake/emberlake\nUSER 65532:65532\n"
    )
    whole = f"{image['repository']}:{tag}"
    # The classic builder needs no plugin.
    environment = {**os.environ, "DOCKER_BUILDKIT": "0"}
    subprocess.run(["docker", "build", "-q", "-t", whole, str(past)], env=environment, check=True)
    saved = subprocess.run(["docker", "save", whole], stdout=subprocess.PIPE, check=True)
    load = ["docker", "exec", "-i", NODE, "ctr", "-n", "k8s.io", "images", "import", "-"]
    subprocess.run(load, input=saved.stdout, check=True)
    return {**image, "tag": tag}


def _install(chart: Path, images: dict[str, dict[str, str]], namespace: str) -> None:
    values = {
        "images": images,
        "watchNamespaces": [namespace],
        "jobNamespaces": [namespace],
        "crds": {"enabled": False},
        "operator": {"replicas": 1},
        "metastore": {"enabled": False},
        "postgresql": {"development": {"enabled": False}},
        "s3": {"development": {"enabled": False}},
    }
    options = (
        "--install",
        "-n",
        namespace,
        "--values",
        "-",
        "--wait",
        "--timeout",
        "3m",
    )
    _helm("upgrade", RELEASE, str(chart), *options, stdin=json.dumps(values))


def _helm(*arguments: str, stdin: str | None = None) -> None:
    command = ["helm", "--kubeconfig", kube.KUBECONFIG, *arguments]
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"helm {' '.join(arguments)}: {done.stderr}"
