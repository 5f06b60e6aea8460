"""The objects of a warehouse: reviewed files, and what must hold for each."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from emberlake.warehouse.build import CONFIG_HASH, Children, children, refs, template_hash
from emberlake.warehouse.catalogs import resolve
from unit.catalog.golden import check
from unit.catalog.test_render import load_properties
from unit.warehouse.warehouses import LAKE, OWNER, PROD, SETTINGS, spec

GOLDEN = Path(__file__).parent / "golden"
SECRETS = {"LAKE_AWS_ACCESS_KEY_ID", "LAKE_AWS_SECRET_ACCESS_KEY"}


def built(**fields: Any) -> Children:
    wanted = spec(catalogs=["lake", "prod"], **fields)
    served = resolve(wanted.catalogs, {"lake": LAKE.spec, "prod": PROD.spec}, None).served
    return children(OWNER, wanted, served, SETTINGS, "emberlake/trino:1")


def by_name(found: Children) -> dict[str, Any]:
    return {f"{m['kind']}-{m['metadata']['name']}": m for m in found.manifests}


def pods(found: Children) -> list[dict[str, Any]]:
    return [d["spec"]["template"]["spec"] for d in (found.coordinator, found.workers)]


def test_the_objects_are_the_reviewed_ones() -> None:
    files = {f"{n}.yaml": yaml.safe_dump(dict(m), sort_keys=False) for n, m in by_name(built()).items()}
    check(GOLDEN, files)


def test_the_names_are_the_ones_that_are_looked_for() -> None:
    found = {(m["kind"], m["metadata"]["namespace"], m["metadata"]["name"]) for m in built().manifests}
    assert found == set(refs(OWNER))


@pytest.mark.parametrize("pod", pods(built()), ids=["coordinator", "worker"])
def test_pods_keep_pod_security_restricted(pod: dict[str, Any]) -> None:
    (container,) = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    writable = {v["name"] for v in pod["volumes"] if "emptyDir" in v}
    assert {m["mountPath"] for m in container["volumeMounts"] if m["name"] in writable} == {
        "/data/trino",
        "/tmp",
    }


@pytest.mark.parametrize("pod", pods(built()), ids=["coordinator", "worker"])
def test_secrets_reach_the_pod_by_reference_only(pod: dict[str, Any]) -> None:
    env = {entry["name"]: entry for entry in pod["containers"][0]["env"]}
    assert env.keys() - {"POD_NAME", "MALLOC_ARENA_MAX"} == SECRETS
    assert all("value" not in env[name] and env[name]["valueFrom"]["secretKeyRef"] for name in SECRETS)


def test_every_catalog_file_is_mounted_where_trino_looks() -> None:
    found = by_name(built())
    data = found["ConfigMap-wh-catalogs"]["data"]
    for pod in pods(built()):
        sources = pod["volumes"][0]["projected"]["sources"]
        items = sources[1]["configMap"]["items"]
        assert [item["path"] for item in items] == [f"catalog/{item['key']}" for item in items]
        assert {item["key"] for item in items} == set(data) - {"rendered.json"}


def test_every_etc_file_parses() -> None:
    found = by_name(built())
    for role in ("coordinator", "worker"):
        for file, text in found[f"ConfigMap-wh-{role}"]["data"].items():
            if file.endswith(".properties"):
                assert load_properties(text)
            elif file.endswith(".json"):
                json.loads(text)
            else:
                assert file == "jvm.config"
                assert all(line.startswith("-") for line in text.splitlines())


def test_building_twice_gives_the_same() -> None:
    assert built().manifests == built().manifests
    assert built().config_hash == built().config_hash


@pytest.mark.parametrize("replicas", [1, 7])
@pytest.mark.parametrize("suspend", [False, True])
def test_scaling_and_suspending_restart_nothing(replicas: int, suspend: bool) -> None:
    before, after = built(), built(workers={"replicas": replicas}, suspend=suspend)
    for old, new in ((before.coordinator, after.coordinator), (before.workers, after.workers)):
        assert old["spec"]["template"] == new["spec"]["template"]
    assert after.coordinator["spec"]["replicas"] == (0 if suspend else 1)
    assert after.workers["spec"]["replicas"] == (0 if suspend else replicas)
    assert before.config_hash == after.config_hash


@pytest.mark.parametrize(
    ("fields", "coordinator", "workers"),
    [
        ({"coordinator": {"memory": "3Gi"}}, True, False),
        ({"coordinator": {"coreRequest": "2"}}, True, False),
        ({"workers": {"memory": "3Gi"}}, False, True),
    ],
)
def test_a_changed_node_restarts_only_its_own_pods(
    fields: dict[str, Any], coordinator: bool, workers: bool
) -> None:
    before, after = built(), built(**fields)
    assert (template_hash(before.coordinator) != template_hash(after.coordinator)) is coordinator
    assert (template_hash(before.workers) != template_hash(after.workers)) is workers


def test_another_catalog_restarts_all_pods() -> None:
    one = resolve(["lake"], {"lake": LAKE.spec}, None).served
    alone = children(OWNER, spec(), one, SETTINGS, "emberlake/trino:1")
    assert template_hash(alone.coordinator) != template_hash(built().coordinator)
    assert template_hash(alone.workers) != template_hash(built().workers)


def test_a_deployment_without_a_hash_has_an_empty_one() -> None:
    assert template_hash({"spec": {"template": {"metadata": {}}}}) == ""
    assert CONFIG_HASH in built().coordinator["spec"]["template"]["metadata"]["annotations"]


def test_the_coordinator_is_applied_last_and_never_twice_at_once() -> None:
    found = built()
    assert found.manifests[-1] is found.coordinator
    assert found.coordinator["spec"]["strategy"] == {"type": "Recreate"}
