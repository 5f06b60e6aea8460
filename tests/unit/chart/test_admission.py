"""The admission policies: where they hold, and that nothing of them is in two installs' way."""

from collections.abc import Callable

import pytest

from unit.chart.rendering import Manifest, Render

KINDS = ("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding")


def admission(manifests: list[Manifest]) -> list[Manifest]:
    return [m for m in manifests if m["kind"] in KINDS]


def test_they_hold_in_the_job_namespaces_and_nowhere_else(render: Render) -> None:
    found = admission(render("--set=jobNamespaces={a,b}"))
    policies = {m["metadata"]["name"]: m for m in found if m["kind"] == KINDS[0]}
    bindings = [m for m in found if m["kind"] == KINDS[1]]
    assert {m["spec"]["policyName"] for m in bindings} == policies.keys()
    for binding in bindings:
        (expression,) = binding["spec"]["matchResources"]["namespaceSelector"]["matchExpressions"]
        assert expression == {"key": "kubernetes.io/metadata.name", "operator": "In", "values": ["a", "b"]}
        assert binding["spec"]["validationActions"] == ["Deny"]
    for policy in policies.values():
        assert policy["spec"]["failurePolicy"] == "Fail"


@pytest.mark.parametrize(
    "flags", [[], ["--set=jobNamespaces={a},admissionPolicy.enabled=false"]], ids=["no-namespace", "off"]
)
def test_they_can_be_left_out(render: Render, flags: list[str]) -> None:
    assert not admission(render(*flags))


def test_the_policy_that_reads_jobs_can_be_left_out(render: Render) -> None:
    found = admission(render("--set=jobNamespaces={a},admissionPolicy.secrets=false"))
    assert len(found) == 4
    assert not [m for m in found if "paramKind" in m["spec"] or "paramRef" in m["spec"]]


def test_the_parameters_of_a_request_are_of_its_namespace(render: Render) -> None:
    with_parameters = [
        m["spec"] for m in admission(render("--set=jobNamespaces={a}")) if "paramRef" in m["spec"]
    ]
    (binding,) = with_parameters
    assert "namespace" not in binding["paramRef"]
    assert binding["paramRef"]["parameterNotFoundAction"] == "Deny"


def test_executors_may_run_as_the_accounts_of_the_values(render: Render) -> None:
    flags = "serviceAccounts.executor.name=workers,admissionPolicy.executorServiceAccounts={mine}"
    found = admission(render(f"--set=jobNamespaces={{a}},{flags}"))
    expressions = [v["expression"] for m in found for v in m["spec"].get("validations", ())]
    assert [e for e in expressions if "serviceAccountName in ['workers','mine']" in e]


def test_two_installs_do_not_meet(render: Render, values_file: Callable[[str], str]) -> None:
    first = {m["metadata"]["name"] for m in admission(render(values_file("dev")))}
    second = {m["metadata"]["name"] for m in admission(render(values_file("dev"), "--namespace=second"))}
    assert first
    assert not first & second
