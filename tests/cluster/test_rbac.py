"""What each account may do, as the API server judges the chart's Roles: the whole table, and no more."""

import json
from collections.abc import Iterable, Iterator

import pytest
from access import DRIVER, LEASE, OPERATOR, Grant
from demo import kube

from cluster.conftest import fresh_namespace

pytestmark = pytest.mark.cluster

Rights = set[tuple[str, str, str, str]]
# Of everybody: to ask who they are and what they may.
ABOUT_ONESELF = ("authentication.k8s.io", "authorization.k8s.io")


@pytest.fixture(scope="module")
def home() -> Iterator[str]:
    """A namespace with the chart's accounts and Roles."""
    with fresh_namespace() as name:
        yield name


def rights(account: str, home: str, namespace: str) -> Rights:
    """(group, resource, verb, name or "") that the API server grants in a namespace."""
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectRulesReview",
        "spec": {"namespace": namespace},
    }
    user = f"--as=system:serviceaccount:{home}:emberlake-{account}"
    # kubectl would look for the kind among the CRDs, which these accounts may not list.
    flags = (user, "--validate=false", "-o", "json", "-f", "-")
    answer = kube.kubectl("create", *flags, stdin=json.dumps(review))
    return {
        (group, resource, verb, name)
        for rule in json.loads(answer)["status"]["resourceRules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
        for name in rule.get("resourceNames") or [""]
        if group not in ABOUT_ONESELF
    }


def granted(grants: Iterable[Grant]) -> Rights:
    return {
        (grant.group, resource, verb, name)
        for grant in grants
        for resource in grant.resources
        for verb in grant.verbs
        for name in grant.names or ("",)
    }


@pytest.mark.parametrize(
    ("account", "grants"),
    [
        # The operator of a test lives where it works.
        ("operator", (*OPERATOR.grants, *LEASE.grants)),
        ("driver", DRIVER.grants),
        ("executor", ()),
        ("crawler", ()),
    ],
)
def test_an_account_has_the_rights_of_the_table_and_none_elsewhere(
    home: str, account: str, grants: tuple[Grant, ...]
) -> None:
    assert rights(account, home, home) == granted(grants)
    for other in ("default", "kube-system"):
        assert rights(account, home, other) == set()
