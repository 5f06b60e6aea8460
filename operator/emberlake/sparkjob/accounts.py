"""ServiceAccounts that a spec names: only those that somebody made for the role. Pure.

A job's author may write any name; whoever labels an account decides which of them run jobs.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from emberlake.api.v1alpha1.sparkjob import SparkJobSpec
from emberlake.core.model import Decision, Manifest, Ref
from emberlake.core.objects import ROLE_LABEL
from emberlake.settings import ServiceAccounts
from emberlake.sparkjob.resources import ROLES, Role

Accounts = Mapping[Ref, Manifest | None]


class Named(NamedTuple):
    """An account, the role it is to play, and the field that names it."""

    role: Role
    name: str
    field: str


def named(spec: SparkJobSpec, own: ServiceAccounts) -> tuple[Named, ...]:
    """Every account that a spec names, except the role's own, whichever of them wins in the end."""
    usual = {"driver": own.driver, "executor": own.executor}
    return tuple(found for found in _named(spec) if found.name != usual[found.role])


def _named(spec: SparkJobSpec) -> Iterator[Named]:
    if spec.service_account_name:
        yield Named("driver", spec.service_account_name, "spec.serviceAccountName")
    for role in ROLES:
        key = f"spark.kubernetes.authenticate.{role}.serviceAccountName"
        if key in spec.spark_conf:
            yield Named(role, spec.spark_conf[key], f"spec.sparkConf {key}")
        pod = spec.driver if role == "driver" else spec.executor
        document = (pod.template.document() if pod.template else {}).get("spec") or {}
        if isinstance(document, dict):
            for field in ("serviceAccountName", "serviceAccount"):
                if isinstance(name := document.get(field), str):
                    yield Named(role, name, f"spec.{role}.template.spec.{field}")


def refs(accounts: tuple[Named, ...], namespace: str) -> set[Ref]:
    """What to read of them."""
    return {Ref("ServiceAccount", namespace, found.name) for found in accounts}


def unfit(accounts: tuple[Named, ...], read: Accounts, namespace: str) -> Decision | None:
    """The first account that may not be used yet, and what to do about it."""
    for found in accounts:
        account = read.get(Ref("ServiceAccount", namespace, found.name))
        who = f"{found.field} names ServiceAccount {found.name!r}"
        if account is None:
            return Decision("ServiceAccountNotFound", f"{who}, which is not there: make it, or name another")
        label = (account["metadata"].get("labels") or {}).get(ROLE_LABEL)
        if label != found.role:
            said = f"its label {ROLE_LABEL} is {label!r}" if label else f"it has no label {ROLE_LABEL}"
            return Decision(
                "ServiceAccountNotLabelled",
                f"{who}, and {said}: whoever looks after the namespace allows it by kubectl label"
                f" serviceaccount {found.name} -n {namespace} {ROLE_LABEL}={found.role}",
            )
    return None
