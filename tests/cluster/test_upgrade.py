"""The operators of the release before and of this one over the same objects; and CRDs that grow stricter."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from demo import kube

from cluster.conftest import OperatorProcess
from cluster.jobs import drivers, job, one_driver, set_phase, state
from cluster.previous import unpack

pytestmark = pytest.mark.cluster

GROUP = "upgrade.example.com"


def test_an_upgrade_and_the_way_back_touch_no_running_job(operator: OperatorProcess, tmp_path: Path) -> None:
    now, before = operator, unpack(tmp_path)
    namespace = now.namespace
    now.terminate()
    now.code = before / "operator"
    # The rights of the chart of before are not those of this one.
    now.kubeconfig = kube.KUBECONFIG
    now.start()
    kube.apply(job("running"), namespace)
    kube.apply(job("waiting", catalogs=["later"]), namespace)
    kube.apply(job("done", rerunOn="Change", sparkConf={"spark.sql.shuffle.partitions": "8"}), namespace)
    for name, phases in (("running", ("Running",)), ("done", ("Running", "Succeeded"))):
        one_driver(namespace, f"{name}-1-1-driver")
        for phase in phases:
            set_phase(namespace, f"{name}-1-1-driver", phase, 0 if phase == "Succeeded" else None)
        state(namespace, phases[-1], name)
    state(namespace, "Pending", "waiting")
    found = _essence(namespace)
    for code in (kube.ROOT / "operator", before / "operator", kube.ROOT / "operator"):
        now.terminate()
        now.code = code
        now.start()
        # All that was there was looked at before what is new.
        witness = f"witness-{now.process.pid if now.process else 0}"
        kube.apply(job(witness), namespace)
        one_driver(namespace, f"{witness}-1-1-driver")
        assert {name: _essence(namespace)[name] for name in found} == found
    set_phase(namespace, "running-1-1-driver", "Succeeded", 0)
    state(namespace, "Succeeded", "running", run=1)


def _essence(namespace: str) -> dict[str, Any]:
    """Of each job what an upgrade must not change, and its drivers."""
    return {
        item["metadata"]["name"]: (
            item["status"]["state"],
            item["status"]["run"],
            item["status"].get("attempt"),
            [pod["metadata"]["uid"] for pod in drivers(namespace, item["metadata"]["name"])],
        )
        for item in kube.items("sparkjobs", namespace)
    }


@pytest.fixture
def crd() -> Iterator[dict[str, Any]]:
    """Our SparkJob in a group of the test's own, stored while its rules were loose."""
    found: dict[str, Any] = yaml.safe_load(
        (kube.ROOT / "charts/emberlake/files/crds/sparkjobs.emberlake.dev.yaml").read_text()
    )
    names = {"plural": "olderjobs", "singular": "olderjob", "kind": "OlderJob", "listKind": "OlderJobList"}
    found["metadata"] = {"name": f"olderjobs.{GROUP}"}
    found["spec"] |= {"group": GROUP, "names": names}
    yield found
    kube.kubectl("delete", "crd", f"olderjobs.{GROUP}", "--ignore-not-found")


def test_a_stricter_crd_does_not_brick_what_is_stored(crd: dict[str, Any], namespace: str) -> None:
    """Rules are held against what changes (ratcheting); fields that went are dropped, new ones filled in."""
    strict = json.loads(json.dumps(crd))
    schema = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    spec = schema["properties"]["spec"]
    for part in (schema, spec):
        part.pop("x-kubernetes-validations")
    spec["properties"]["driver"]["properties"]["memory"].pop("pattern")
    spec["properties"]["removed"] = {"type": "string"}
    default = spec["properties"].pop("rerunOn")["default"]
    _install(crd)
    # A size that nobody can read; and a Python job without its file, which is a rule over several fields.
    older = {"driver": {"memory": "a lot"}, "removed": "with the field"}
    _store(namespace, "size", {"type": "Python", "mainApplicationFile": "local:///opt/etl.py", **older})
    _store(namespace, "file", {"type": "Python"})

    _install(strict)
    kube.wait("the stricter schema", 30, lambda: _get(namespace, "size")["spec"].get("rerunOn"))
    for name in ("size", "file"):
        _patch(namespace, name, {"status": {"message": "told by the operator"}}, "--subresource=status")
        kube.kubectl(
            "annotate", f"olderjobs.{GROUP}", name, "-n", namespace, "emberlake.dev/requested-at=now"
        )
        assert _get(namespace, name)["status"]["message"] == "told by the operator"
    _patch(namespace, "size", {"spec": {"suspend": True}})
    found = _get(namespace, "size")["spec"]
    assert (found["suspend"], found["rerunOn"], "removed" in found) == (True, default, False)
    with pytest.raises(kube.KubectlError, match=r"driver\.memory"):
        _patch(namespace, "size", {"spec": {"driver": {"memory": "even more"}}})
    with pytest.raises(kube.KubectlError, match="mainApplicationFile is needed"):
        _patch(namespace, "file", {"spec": {"suspend": True}})
    _patch(namespace, "file", {"spec": {"suspend": True, "mainApplicationFile": "local:///opt/etl.py"}})


def _store(namespace: str, name: str, spec: dict[str, Any]) -> None:
    kind = {"apiVersion": f"{GROUP}/v1alpha1", "kind": "OlderJob"}
    kube.apply({**kind, "metadata": {"name": name}, "spec": spec}, namespace)


def _install(crd: dict[str, Any]) -> None:
    kube.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", stdin=json.dumps(crd))
    kube.kubectl("wait", "--for=condition=Established", f"crd/olderjobs.{GROUP}", "--timeout=30s")


def _get(namespace: str, name: str) -> dict[str, Any]:
    return kube.get(f"olderjobs.{GROUP}", name, namespace)


def _patch(namespace: str, name: str, document: dict[str, Any], *options: str) -> None:
    target = ("patch", f"olderjobs.{GROUP}", name, "-n", namespace, "--type=merge", *options)
    kube.kubectl(*target, "-p", json.dumps(document))
