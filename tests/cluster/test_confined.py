"""An operator that watches some namespaces has no rights outside them, and needs none."""

import pytest
from demo import kube

from cluster.conftest import OPERATOR_ACCOUNT, OperatorProcess
from cluster.jobs import job, one_driver, set_phase, state

pytestmark = pytest.mark.cluster


def test_it_runs_a_job_and_may_see_nothing_else(operator: OperatorProcess, namespace: str) -> None:
    kube.apply(job(), namespace)
    one_driver(namespace, "etl-1-1-driver")
    set_phase(namespace, "etl-1-1-driver", "Succeeded", 0)
    state(namespace, "Succeeded")
    account = f"system:serviceaccount:{namespace}:{OPERATOR_ACCOUNT}"
    for asked in (("list", "namespaces"), ("list", "customresourcedefinitions"), ("list", "pods", "-A")):
        with pytest.raises(kube.KubectlError):
            kube.kubectl("auth", "can-i", *asked, "--as", account)
