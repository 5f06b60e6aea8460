"""The warehouse under way: scaled, suspended, its coordinator deleted, one metastore down."""

import pytest
from demo import kube, pipeline
from demo.queries import ask

from e2e.conftest import Pass

pytestmark = pytest.mark.e2e

NS = pipeline.NAMESPACE


def workers_ready(count: int) -> bool | None:
    status = kube.get("warehouse", "wh", NS).get("status") or {}
    found = (status.get("workers") or {}).get("ready", 0) == count and status.get("state") == "Ready"
    return True if found else None


def test_workers_scale_up_and_down(main_job: Pass) -> None:
    kube.kubectl("scale", "warehouse", "wh", "-n", NS, "--replicas=1")
    kube.wait("one worker", 180, lambda: workers_ready(1))
    with pipeline.sql() as port:
        nodes = "SELECT count(*) FROM system.runtime.nodes WHERE state = 'active'"
        kube.wait("Trino to list two nodes", 60, lambda: True if ask(port, nodes).rows == ((2,),) else None)
        assert ask(port, "SELECT count(*) FROM lake_hive.raw.airlines").rows == ((16,),)
    kube.kubectl("scale", "warehouse", "wh", "-n", NS, "--replicas=0")
    kube.wait("no worker", 180, lambda: workers_ready(0))


def test_suspend_and_resume(main_job: Pass) -> None:
    patch = '{{"spec": {{"suspend": {}}}}}'
    kube.kubectl("patch", "warehouse", "wh", "-n", NS, "--type=merge", "-p", patch.format("true"))
    kube.wait_state("warehouse", "wh", NS, ("Suspended",), 60)
    selector = "emberlake.dev/kind=Warehouse,emberlake.dev/name=wh"
    kube.wait("all pods to end", 120, lambda: None if kube.items("pods", NS, selector) else True)
    kube.kubectl("patch", "warehouse", "wh", "-n", NS, "--type=merge", "-p", patch.format("false"))
    pipeline.warehouse_ready()
    with pipeline.sql() as port:
        assert ask(port, "SELECT 1").rows == ((1,),)


def test_a_deleted_coordinator_comes_back(main_job: Pass) -> None:
    selector = "emberlake.dev/kind=Warehouse,emberlake.dev/name=wh,emberlake.dev/role=coordinator"
    (pod,) = kube.items("pods", NS, selector)
    kube.kubectl("delete", "pod", pod["metadata"]["name"], "-n", NS)
    kube.wait_state("warehouse", "wh", NS, ("NotReady", "Starting"), 60)
    pipeline.warehouse_ready()


def test_one_catalog_without_metastore_leaves_the_others(main_job: Pass) -> None:
    catalog = pipeline.sample("catalog").replace("name: lake\n", "name: dead\n")
    broken = catalog.replace("emberlake-metastore.emberlake.svc:9083", "emberlake-metastore.emberlake.svc:9")
    kube.apply(broken, NS)
    merge = '{"spec": {"catalogs": %s}}'
    try:
        kube.kubectl("patch", "warehouse", "wh", "-n", NS, "--type=merge", "-p", merge % '["lake", "dead"]')
        kube.wait_state("warehouse", "wh", NS, ("NotReady", "Starting"), 60)
        pipeline.warehouse_ready()
        with pipeline.sql() as port:
            assert ask(port, "SELECT count(*) FROM lake_hive.raw.airlines").rows == ((16,),)
            assert ("dead",) in ask(port, "SHOW CATALOGS").rows
    finally:
        kube.kubectl("patch", "warehouse", "wh", "-n", NS, "--type=merge", "-p", merge % '["lake"]')
        kube.kubectl("delete", "catalog", "dead", "-n", NS, "--ignore-not-found", "--wait=false")
    pipeline.warehouse_ready()
