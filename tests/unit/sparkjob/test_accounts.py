"""Only ServiceAccounts that were labelled for their role may be named."""

from typing import Any

import pytest

from emberlake.core.model import Ref
from emberlake.core.objects import ROLE_LABEL
from emberlake.settings import ServiceAccounts
from emberlake.sparkjob.accounts import Accounts, named, refs, unfit
from emberlake.sparkjob.plan import plan
from unit.sparkjob.fixtures import SETTINGS, observed, spec

ACCOUNT = "spark.kubernetes.authenticate.{}.serviceAccountName"
FIELDS: list[tuple[str, dict[str, Any], str]] = [
    ("driver", {"serviceAccountName": "mine"}, "spec.serviceAccountName"),
    (
        "driver",
        {"driver": {"template": {"spec": {"serviceAccountName": "mine"}}}},
        "template.spec.serviceAccountName",
    ),
    (
        "driver",
        {"driver": {"template": {"spec": {"serviceAccount": "mine"}}}},
        "template.spec.serviceAccount",
    ),
    ("driver", {"sparkConf": {ACCOUNT.format("driver"): "mine"}}, "spec.sparkConf"),
    ("executor", {"sparkConf": {ACCOUNT.format("executor"): "mine"}}, "spec.sparkConf"),
    (
        "executor",
        {"executor": {"template": {"spec": {"serviceAccountName": "mine"}}}},
        "spec.executor.template.spec.serviceAccountName",
    ),
]
MINE = Ref("ServiceAccount", "demo", "mine")


def account(label: str | None) -> Accounts:
    labels = {} if label is None else {ROLE_LABEL: label}
    return {MINE: {"kind": "ServiceAccount", "metadata": {"name": "mine", "labels": labels}}}


@pytest.mark.parametrize(("role", "fields", "field"), FIELDS)
def test_an_account_needs_the_label_of_its_role(role: str, fields: dict[str, Any], field: str) -> None:
    asked = named(spec(**fields), ServiceAccounts())
    assert refs(asked, "demo") == {MINE}
    other = "executor" if role == "driver" else "driver"
    assert unfit(asked, account(role), "demo") is None
    for read in (account(None), account(other)):
        decision = unfit(asked, read, "demo")
        assert decision is not None
        assert decision.reason == "ServiceAccountNotLabelled"
        assert field in decision.message
        assert f"kubectl label serviceaccount mine -n demo emberlake.dev/role={role}" in decision.message


def test_the_accounts_of_the_chart_need_no_look() -> None:
    fields = {
        "serviceAccountName": "emberlake-driver",
        "sparkConf": {ACCOUNT.format("executor"): "emberlake-executor"},
    }
    assert named(spec(**fields), ServiceAccounts()) == ()
    (swapped,) = named(spec(sparkConf={ACCOUNT.format("executor"): "emberlake-driver"}), ServiceAccounts())
    assert swapped.role == "executor"


@pytest.mark.parametrize("read", [{}, {MINE: None}, account(None)])
def test_a_job_waits_for_its_account_and_looks_again(read: Accounts) -> None:
    found = plan(observed(spec=spec(serviceAccountName="mine"), accounts=read), SETTINGS)
    assert found.actions == ()
    assert found.status is not None
    assert found.status["state"] == "Pending"
    assert found.requeue_after == SETTINGS.timers.refused
    started = plan(observed(spec=spec(serviceAccountName="mine"), accounts=account("driver")), SETTINGS)
    assert started.status is not None
    assert started.status["state"] == "Starting"
