"""Who may do what: the operator, the driver, the credentials Job."""

from typing import Any

import pytest

from unit.chart.rendering import Manifest, Render

KINDS = ("catalogs", "sparkjobs", "crawls", "warehouses")
IN_WATCHED_NAMESPACES = {
    **{("emberlake.dev", kind): {"get", "list", "watch", "patch"} for kind in KINDS},
    ("emberlake.dev", "sparkjobs"): {"get", "list", "watch", "patch", "delete"},
    **{("emberlake.dev", f"{kind}/status"): {"get", "patch", "update"} for kind in KINDS},
    **{("emberlake.dev", f"{kind}/finalizers"): {"update"} for kind in KINDS},
    ("", "pods"): {"get", "list", "watch", "create", "delete", "patch"},
    ("", "pods/log"): {"get"},
    ("", "configmaps"): {"get", "list", "watch", "create", "patch", "delete"},
    ("", "services"): {"get", "list", "watch", "create", "patch", "delete"},
    ("apps", "deployments"): {"get", "list", "watch", "create", "patch", "delete"},
    ("batch", "jobs"): {"get", "list", "watch", "create", "delete", "patch"},
    ("networking.k8s.io", "ingresses"): {"get", "create", "patch", "delete"},
    ("policy", "poddisruptionbudgets"): {"get", "create", "patch", "delete"},
    ("", "events"): {"create", "patch"},
    ("events.k8s.io", "events"): {"create", "patch"},
}


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
    assert table(cluster) == IN_WATCHED_NAMESPACES
    assert lease["metadata"]["namespace"] == "emberlake"
    assert table(lease) == {("coordination.k8s.io", "leases"): {"create", "get", "update", "patch"}}


def test_operator_is_confined_to_watched_namespaces(render: Render) -> None:
    roles = roles_of(render("--set=watchNamespaces={a,b}"), "emberlake-operator")
    assert {role["kind"] for role in roles} == {"Role"}
    assert {
        role["metadata"]["namespace"]: table(role)
        for role in roles
        if role["rules"][0]["apiGroups"] != ["coordination.k8s.io"]
    } == {"a": IN_WATCHED_NAMESPACES, "b": IN_WATCHED_NAMESPACES}


@pytest.mark.parametrize("flags", [[], ["--set=watchNamespaces={a}"], ["--set=jobNamespaces={a}"]])
def test_operator_never_reads_secrets_and_nobody_has_wildcards(render: Render, flags: list[str]) -> None:
    manifests = render(*flags)
    for role in roles_of(manifests, "emberlake-operator"):
        assert not [resource for _, resource in table(role) if resource in {"secrets", "*"}]
    for role in (m for m in manifests if m["kind"] in {"Role", "ClusterRole"}):
        assert "*" not in {word for rule in role["rules"] for words in rule.values() for word in words}


def test_the_lease_is_the_only_one_it_may_change(render: Render) -> None:
    lease = roles_of(render(), "emberlake-operator")[1]
    named = [rule for rule in lease["rules"] if set(rule["verbs"]) != {"create"}]
    assert [rule["resourceNames"] for rule in named] == [["emberlake-operator"]]


def test_driver_may_run_executors_and_the_others_nothing(render: Render) -> None:
    manifests = render("--set=jobNamespaces={a,b}")
    roles = roles_of(manifests, "emberlake-driver")
    verbs = {"get", "list", "watch", "create", "patch", "update", "delete", "deletecollection"}
    resources = ("pods", "configmaps", "persistentvolumeclaims", "services")
    expected = {("", resource): verbs for resource in resources}
    assert {role["metadata"]["namespace"]: table(role) for role in roles} == {"a": expected, "b": expected}
    assert not roles_of(manifests, "emberlake-executor")
    assert not roles_of(manifests, "emberlake-crawler")


def test_job_accounts_mount_a_token_only_in_the_driver(render: Render) -> None:
    accounts = {
        m["metadata"]["name"]: m["automountServiceAccountToken"]
        for m in render("--set=jobNamespaces={a}")
        if m["kind"] == "ServiceAccount" and m["metadata"]["namespace"] == "a"
    }
    assert accounts == {"emberlake-driver": True, "emberlake-executor": False, "emberlake-crawler": False}


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
