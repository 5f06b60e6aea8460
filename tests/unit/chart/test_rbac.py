"""Who may do what: the operator, the driver, the credentials Job."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from access import ACCOUNTS, DRIVER, LEASE, OPERATOR, TENANT, Grant

from unit.chart.rendering import Manifest, Render

SILENT = ("emberlake-executor", "emberlake-crawler", "emberlake-metastore")


def granted(grants: Iterable[Grant]) -> dict[tuple[str, str], set[str]]:
    """(group, resource) -> verbs of the table."""
    found: dict[tuple[str, str], set[str]] = {}
    for grant in grants:
        for resource in grant.resources:
            found.setdefault((grant.group, resource), set()).update(grant.verbs)
    return found


def table(role: Manifest) -> dict[tuple[str, str], set[str]]:
    """(group, resource) -> verbs of a role."""
    found: dict[tuple[str, str], set[str]] = {}
    for rule in role["rules"]:
        for group in rule["apiGroups"]:
            for resource in rule["resources"]:
                found.setdefault((group, resource), set()).update(rule["verbs"])
    return found


def roles_of(manifests: list[Manifest], account: str) -> list[Manifest]:
    """Roles and ClusterRoles bound to a ServiceAccount of the release namespace or a job namespace."""

    def key(kind: str, metadata: dict[str, Any]) -> tuple[str, str, str]:
        return kind, metadata.get("namespace", ""), metadata["name"]

    roles = {key(m["kind"], m["metadata"]): m for m in manifests if m["kind"] in {"Role", "ClusterRole"}}
    return [
        roles[
            binding["roleRef"]["kind"], binding["metadata"].get("namespace", ""), binding["roleRef"]["name"]
        ]
        for binding in manifests
        if binding["kind"] in {"RoleBinding", "ClusterRoleBinding"}
        and account in {subject["name"] for subject in binding["subjects"]}
    ]


def test_operator_is_cluster_wide_by_default(render: Render) -> None:
    cluster, lease = roles_of(render(), "emberlake-operator")
    assert cluster["kind"] == "ClusterRole"
    assert table(cluster) == granted(OPERATOR.grants)
    assert lease["metadata"]["namespace"] == "emberlake"
    assert table(lease) == granted(LEASE.grants)


def test_operator_is_confined_to_watched_namespaces(render: Render) -> None:
    roles = roles_of(render("--set=watchNamespaces={a,b}"), "emberlake-operator")
    assert {role["kind"] for role in roles} == {"Role"}
    assert {
        role["metadata"]["namespace"]: table(role)
        for role in roles
        if role["rules"][0]["apiGroups"] != ["coordination.k8s.io"]
    } == dict.fromkeys("ab", granted(OPERATOR.grants))


@pytest.mark.parametrize("flags", [[], ["--set=watchNamespaces={a}"], ["--set=jobNamespaces={a}"]])
def test_nobody_reads_secrets_or_has_wildcards(render: Render, flags: list[str]) -> None:
    roles = [m for m in render(*flags) if m["kind"] in {"Role", "ClusterRole"}]
    rules = [rule for role in roles for rule in role["rules"]]
    assert "*" not in {word for rule in rules for words in rule.values() for word in words}
    for rule in rules:
        if "secrets" in rule["resources"]:
            # The Job that makes the development passwords.
            assert rule["verbs"] == ["create"] or (rule["verbs"] == ["get"] and rule["resourceNames"])


def test_the_table_has_no_rights_to_escalate_with() -> None:
    for account in ACCOUNTS:
        for (_, resource), verbs in granted(account.grants).items():
            assert not {"*", "escalate", "bind", "impersonate"} & verbs
            assert resource not in ("*", "secrets", "pods/exec", "pods/attach", "pods/ephemeralcontainers")
            if resource in ("serviceaccounts", "roles", "rolebindings"):
                assert verbs == {"get"}
    assert not {"secrets", "pods/exec", "serviceaccounts/token"} & {r for _, r in granted(TENANT)}


def test_a_namespaced_install_has_no_cluster_role(render: Render, values_file: Callable[[str], str]) -> None:
    for flags in ([values_file("dev")], ["--set=watchNamespaces={a},jobNamespaces={a}"]):
        kinds = {m["kind"] for m in render(*flags)}
        assert "Role" in kinds
        assert not {"ClusterRole", "ClusterRoleBinding"} & kinds


def test_the_lease_is_the_only_one_it_may_change(render: Render) -> None:
    lease = roles_of(render(), "emberlake-operator")[1]
    named = [rule for rule in lease["rules"] if set(rule["verbs"]) != {"create"}]
    assert [rule["resourceNames"] for rule in named] == [["emberlake-operator"]]


def test_driver_may_run_executors_and_the_others_nothing(render: Render) -> None:
    manifests = render("--set=jobNamespaces={a,b}")
    roles = roles_of(manifests, "emberlake-driver")
    found = {role["metadata"]["namespace"]: table(role) for role in roles}
    assert found == dict.fromkeys("ab", granted(DRIVER.grants))
    assert not [account for account in SILENT if roles_of(manifests, account)]


def test_job_accounts_mount_a_token_only_in_the_driver(render: Render) -> None:
    accounts = {
        m["metadata"]["name"]: m["automountServiceAccountToken"]
        for m in render("--set=jobNamespaces={a}")
        if m["kind"] == "ServiceAccount" and m["metadata"]["namespace"] == "a"
    }
    assert accounts == {"emberlake-driver": True, "emberlake-executor": False, "emberlake-crawler": False}


def test_accounts_of_jobs_say_what_they_are_for(render: Render) -> None:
    roles = {
        m["metadata"]["name"]: m["metadata"]["labels"].get("emberlake.dev/role")
        for m in render("--set=jobNamespaces={a}")
        if m["kind"] == "ServiceAccount" and m["metadata"]["namespace"] == "a"
    }
    assert roles == {f"emberlake-{role}": role for role in ("driver", "executor", "crawler")}


def test_credentials_job_may_create_secrets_and_read_its_own(render: Render) -> None:
    roles = roles_of(render("--set=jobNamespaces={a}"), "emberlake-dev-credentials")
    readable = {
        role["metadata"]["namespace"]: [
            (rule["verbs"], rule.get("resourceNames"))
            for rule in role["rules"]
            if rule["resources"] == ["secrets"]
        ]
        for role in roles
    }
    assert readable == {
        "a": [(["create"], None), (["get"], ["lake-s3"])],
        "emberlake": [(["create"], None), (["get"], ["emberlake-postgresql", "emberlake-s3"])],
    }


def test_two_installs_share_no_cluster_scoped_name(render: Render) -> None:
    def cluster_scoped(*flags: str) -> set[tuple[str, str]]:
        return {
            (m["kind"], m["metadata"]["name"])
            for m in render("--set=crds.enabled=false", *flags)
            if "namespace" not in m["metadata"]
        }

    assert cluster_scoped()
    assert not cluster_scoped() & cluster_scoped("--namespace=second")
