"""What each account may do on the installed platform."""

import pytest
from demo import kube, pipeline

pytestmark = pytest.mark.cluster

OPERATOR = f"system:serviceaccount:{pipeline.SYSTEM}:emberlake-operator"
DRIVER = f"system:serviceaccount:{pipeline.NAMESPACE}:emberlake-driver"
EXECUTOR = f"system:serviceaccount:{pipeline.NAMESPACE}:emberlake-executor"
CRAWLER = f"system:serviceaccount:{pipeline.NAMESPACE}:emberlake-crawler"


def may(account: str, verb: str, resource: str, namespace: str) -> bool:
    kind, _, subresource = resource.partition("/")
    asked = ["auth", "can-i", verb, kind, f"--subresource={subresource}", "-n", namespace, "--as", account]
    try:
        return kube.kubectl(*asked).strip() == "yes"
    except kube.KubectlError:
        return False


@pytest.mark.parametrize("namespace", [pipeline.NAMESPACE, pipeline.SYSTEM, "kube-system"])
@pytest.mark.parametrize("verb", ["get", "list", "watch", "create", "update", "delete"])
def test_the_operator_never_touches_a_secret(verb: str, namespace: str) -> None:
    assert not may(OPERATOR, verb, "secrets", namespace)


@pytest.mark.parametrize(
    ("account", "verb", "resource", "allowed"),
    [
        (OPERATOR, "create", "pods", True),
        (OPERATOR, "get", "pods/log", True),
        (OPERATOR, "patch", "sparkjobs.emberlake.dev/status", True),
        (OPERATOR, "create", "sparkjobs.emberlake.dev", False),
        (OPERATOR, "delete", "sparkjobs.emberlake.dev", True),
        (OPERATOR, "delete", "catalogs.emberlake.dev", False),
        (OPERATOR, "create", "pods/exec", False),
        (DRIVER, "create", "pods", True),
        (DRIVER, "deletecollection", "pods", True),
        (DRIVER, "get", "secrets", False),
        (DRIVER, "get", "sparkjobs.emberlake.dev", False),
        (EXECUTOR, "get", "pods", False),
        (CRAWLER, "get", "pods", False),
        (CRAWLER, "get", "secrets", False),
    ],
)
def test_least_privilege(account: str, verb: str, resource: str, allowed: bool) -> None:
    assert may(account, verb, resource, pipeline.NAMESPACE) is allowed
