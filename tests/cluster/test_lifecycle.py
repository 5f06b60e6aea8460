"""Attempts, waits, limits and what is left of a SparkJob, on a real API server with the test as kubelet."""

import json
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from demo import kube

from cluster.conftest import OperatorProcess
from cluster.jobs import annotate, drivers, job, names, one_driver, patch, set_phase, state

pytestmark = pytest.mark.cluster

OPEN = {"suspend": True, "retention": {"succeeded": "1h"}, "ttlAfterFinished": "1d"}
FROZEN: dict[str, Any] = {
    "arguments": ["--month", "2013-02"],
    "driver": {"template": {"spec": {"nodeSelector": {"disk": "ssd"}}}},
    "executor": {"env": [{"name": "A", "value": "b"}]},
    "deps": {"packages": ["org.postgresql:postgresql:42.7.4"]},
    "sparkConf": {"spark.sql.shuffle.partitions": "9"},
    "timeouts": {"run": "2h"},
    "retry": {"limit": 3},
    "rerunOn": "Change",
    "image": "other/spark:1",
}
EVICTION = {"apiVersion": "policy/v1", "kind": "Eviction"}


@pytest.fixture
def node() -> Iterator[str]:
    """A node without a kubelet: its pods are as on one that is cut off."""
    name = "no-kubelet"
    taint = [{"key": "test", "effect": "NoSchedule"}]
    spec = {"unschedulable": True, "taints": taint}
    meta = {"name": name}
    kube.kubectl(
        "create",
        "-f",
        "-",
        stdin=json.dumps({"apiVersion": "v1", "kind": "Node", "metadata": meta, "spec": spec}),
    )
    yield name
    kube.kubectl("delete", "node", name)


def on(node: str) -> dict[str, Any]:
    return {"template": {"spec": {"schedulerName": "none", "nodeName": node}}}


def force_delete(namespace: str, pod: str) -> None:
    kube.kubectl("delete", "pod", pod, "-n", namespace, "--grace-period=0", "--force")


def evict(namespace: str, pod: str) -> None:
    """As a drain does it."""
    path = f"/api/v1/namespaces/{namespace}/pods/{pod}/eviction"
    eviction = {**EVICTION, "metadata": {"name": pod, "namespace": namespace}}
    kube.kubectl("create", "--raw", path, "-f", "-", stdin=json.dumps(eviction))


def writes(operator: OperatorProcess) -> float:
    """Requests so far that wrote for jobs: Events and the Lease are not counted."""
    with urllib.request.urlopen(f"http://127.0.0.1:{operator.port}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    kinds = ('resource="pods"', 'resource="configmaps"', 'resource="sparkjobs', 'resource="services"')
    return sum(
        float(line.rpartition(" ")[2])
        for line in lines
        if line.startswith("rest_client_requests_total{")
        and any(kind in line for kind in kinds)
        and 'method="GET"' not in line
    )


def test_the_spec_is_frozen_during_a_run_except_what_ends_it(shared: OperatorProcess) -> None:
    namespace = shared.namespace
    kube.apply(job("frozen"), namespace)
    one_driver(namespace, "frozen-1-1-driver")
    set_phase(namespace, "frozen-1-1-driver", "Running")
    state(namespace, "Running", "frozen")
    for field, value in FROZEN.items():
        with pytest.raises(kube.KubectlError, match="spec is frozen while a run is active: wait for its end"):
            patch(namespace, "frozen", {field: value})
    patch(namespace, "frozen", OPEN)
    state(namespace, "Suspended", "frozen")
    patch(namespace, "frozen", {**FROZEN, "suspend": False})
    one_driver(namespace, "frozen-1-2-driver")
    arguments = one_driver(namespace, "frozen-1-2-driver")["spec"]["containers"][0]["args"]
    assert arguments[-2:] == FROZEN["arguments"]


def test_a_job_life_costs_five_writes(operator: OperatorProcess, namespace: str) -> None:
    kube.apply(job(executor={"instances": 0}), namespace)
    one_driver(namespace, "etl-1-1-driver")
    set_phase(namespace, "etl-1-1-driver", "Running")
    state(namespace, "Running")
    set_phase(namespace, "etl-1-1-driver", "Succeeded", 0)
    state(namespace, "Succeeded")
    assert writes(operator) == 5


def test_a_refused_quota_is_waited_for_and_leaves_nothing(shared: OperatorProcess) -> None:
    namespace = shared.namespace
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "none"}}
    kube.apply({**quota, "spec": {"hard": {"count/pods": "0"}}}, namespace)
    kube.wait(
        "the quota to count",
        30,
        lambda: kube.get("resourcequota", "none", namespace).get("status", {}).get("hard"),
    )
    kube.apply(job("quota"), namespace)
    kube.apply(job("no-room", timeouts={"pending": "2s"}), namespace)
    status = state(namespace, "Pending", "quota")
    assert status["reason"] == "QuotaExceeded"
    assert "exceeded quota: none" in status["message"]
    assert f"waits since {status['waitingSince']}, at most until" in status["message"]
    assert names("configmaps", namespace, "quota") == set()
    assert state(namespace, "Failed", "no-room")["failure"]["category"] == "Quota"
    kube.kubectl("delete", "resourcequota", "none", "-n", namespace)
    annotate(namespace, "quota", "requested-at", "now")
    one_driver(namespace, "quota-1-1-driver")
    assert state(namespace, "Starting", "quota")["attempt"]["number"] == 1
    assert names("configmaps", namespace, "quota") == {"quota-1-1-conf"}


def test_a_template_that_is_no_pod_fails_with_the_api_servers_words(shared: OperatorProcess) -> None:
    namespace = shared.namespace
    template = {"spec": {"schedulerName": "none", "dnsPolicy": "Maybe"}}
    kube.apply(job("bad", driver={"template": template}), namespace)
    status = state(namespace, "Failed", "bad")
    assert status["failure"]["category"] == "Validation"
    assert "dnsPolicy" in status["message"]
    assert names("configmaps", namespace, "bad") == set()


def test_a_missing_account_is_named_and_waited_for(shared: OperatorProcess) -> None:
    namespace = shared.namespace
    kube.apply(job("account", serviceAccountName="nobody"), namespace)
    status = state(namespace, "Pending", "account")
    assert status["reason"] == "ServiceAccountNotFound"
    assert "spec.serviceAccountName names ServiceAccount 'nobody'" in status["message"]
    kube.kubectl("create", "serviceaccount", "nobody", "-n", namespace)
    annotate(namespace, "account", "requested-at", "now")
    kube.wait(
        "the label to be asked for",
        30,
        lambda: state(namespace, "Pending", "account")["reason"] == "ServiceAccountNotLabelled" or None,
    )
    kube.kubectl("label", "serviceaccount", "nobody", "-n", namespace, "emberlake.dev/role=driver")
    annotate(namespace, "account", "requested-at", "again")
    one_driver(namespace, "account-1-1-driver")


def test_an_evicted_driver_is_tried_again_once_it_is_gone(shared: OperatorProcess, node: str) -> None:
    namespace = shared.namespace
    kube.apply(job("evicted", driver=on(node), retry={"backoff": "1s"}), namespace)
    one_driver(namespace, "evicted-1-1-driver")
    set_phase(namespace, "evicted-1-1-driver", "Running")
    state(namespace, "Running", "evicted")
    evict(namespace, "evicted-1-1-driver")
    status = state(namespace, "Pending", "evicted")
    assert status["reason"] == "PreviousDriverEnding"
    assert [past["category"] for past in status["pastAttempts"]] == ["Evicted"]
    assert len(drivers(namespace, "evicted")) == 1
    force_delete(namespace, "evicted-1-1-driver")
    one_driver(namespace, "evicted-1-2-driver")
    assert state(namespace, "Starting", "evicted")["retries"]["infrastructure"] == 1


def test_resume_waits_for_the_old_driver_and_cancel_ends_the_wait(shared: OperatorProcess, node: str) -> None:
    namespace = shared.namespace
    kube.apply(job("resumed", driver=on(node)), namespace)
    one_driver(namespace, "resumed-1-1-driver")
    set_phase(namespace, "resumed-1-1-driver", "Running")
    state(namespace, "Running", "resumed")
    patch(namespace, "resumed", {"suspend": True})
    state(namespace, "Suspended", "resumed")
    patch(namespace, "resumed", {"suspend": False})
    assert state(namespace, "Pending", "resumed")["reason"] == "PreviousDriverEnding"
    force_delete(namespace, "resumed-1-1-driver")
    one_driver(namespace, "resumed-1-2-driver")
    force_delete(namespace, "resumed-1-2-driver")


def test_failures_are_retried_by_category_and_counted(shared: OperatorProcess) -> None:
    namespace = shared.namespace
    retry = {"limit": 1, "categories": ["User"], "backoff": "1s"}
    kube.apply(job("fails", retry=retry), namespace)
    for number in (1, 2):
        one_driver(namespace, f"fails-1-{number}-driver")
        set_phase(namespace, f"fails-1-{number}-driver", "Failed", 1)
    status = state(namespace, "Failed", "fails")
    assert "(2 attempts: retry.limit 1 is used up)" in status["failure"]["message"]


def test_what_is_left_goes_after_its_time_and_at_last_the_job(shared: OperatorProcess) -> None:
    namespace = shared.namespace
    kube.apply(job("brief", retention={"succeeded": "1s"}), namespace)
    one_driver(namespace, "brief-1-1-driver")
    annotate(namespace, "brief", "requested-at", "again")
    state(namespace, "Starting", "brief")
    set_phase(namespace, "brief-1-1-driver", "Succeeded", 0)
    one_driver(namespace, "brief-2-1-driver")
    set_phase(namespace, "brief-2-1-driver", "Succeeded", 0)
    kube.wait("the pods to go", 30, lambda: None if drivers(namespace, "brief") else True)
    kube.wait("the ConfigMaps to go", 30, lambda: None if names("configmaps", namespace, "brief") else True)
    assert state(namespace, "Succeeded", "brief", run=2)["releasedAt"]
    patch(namespace, "brief", {"ttlAfterFinished": "1s"})
    kube.wait("the job to go", 30, lambda: None if "brief" in names_of_jobs(namespace) else True)


def names_of_jobs(namespace: str) -> set[str]:
    return {item["metadata"]["name"] for item in kube.items("sparkjobs", namespace)}
