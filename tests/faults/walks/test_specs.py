"""Specs by the thousand: what the schema forbids is refused by name, and all else the operator can plan.

Nothing is stored: the API server is asked what it would say.
"""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cluster.conftest import _settings
from emberlake.api.v1alpha1 import KINDS
from emberlake.api.v1alpha1.catalog import CatalogSpec
from emberlake.api.v1alpha1.common import Resource
from emberlake.core.model import Plan
from emberlake.settings import Settings
from emberlake.sparkjob.driver_volumes import TEMPLATE_FILE
from faults.walks.changes import Change, allowed, change, forbidden
from faults.walks.effort import effort
from faults.walks.judge import executor, may_refuse, names_field, passed_on, refused_by_rule
from faults.walks.lives import live, made
from faults.walks.schema import spec_schema
from faults.walks.server import Server
from faults.walks.specs import CATALOG, SPECS, manifest
from faults.walks.tally import tally

pytestmark = pytest.mark.cluster

ROOTS = {resource: spec_schema(resource) for resource in KINDS}
ALLOWED = {resource: allowed(root) for resource, root in ROOTS.items()}
FORBIDDEN = {resource: forbidden(root) for resource, root in ROOTS.items()}
CATALOGS = {name: CatalogSpec.model_validate({**CATALOG, "sqlName": name}) for name in ("lake", "prod")}
# A job has more fields than all other kinds together.
_SHARES = {"SparkJob": 6.0}


# All that Kubernetes takes for the name of a custom resource, and the CRDs do.
_NAMES = ("x-1", "1", "a.b", "x" * 50)


def changed(
    resource: type[Resource], data: st.DataObject, most: int
) -> tuple[dict[str, Any], dict[str, Any]]:
    """A spec to set out from, and the same after some changes that the schema allows."""
    base = data.draw(st.sampled_from(SPECS[resource]), label="from")
    found = base
    for step in data.draw(st.lists(ALLOWED[resource], max_size=most), label="changes"):
        found = change(ROOTS[resource], found, step)
    return base, found


@pytest.mark.parametrize("resource", KINDS, ids=lambda resource: resource.kind)
def test_what_the_schema_forbids_is_refused_by_name(
    resource: type[Resource], server: Server, restricted: str
) -> None:
    @effort(_SHARES.get(resource.kind, 1.0))
    @given(st.data())
    def walk(data: st.DataObject) -> None:
        _, spec = changed(resource, data, 2)
        bad: Change = data.draw(FORBIDDEN[resource], label="forbidden")
        answer = server.try_create(manifest(resource, "x-1", change(ROOTS[resource], spec, bad)), restricted)
        assert not answer.taken, "it was taken"
        assert names_field(answer, bad), f"the refusal does not name {bad.told}: {answer.message}"
        tally["refused by the schema"] += 1

    walk()


@pytest.mark.parametrize("resource", KINDS, ids=lambda resource: resource.kind)
def test_what_is_taken_can_be_planned_and_made(
    resource: type[Resource], server: Server, restricted: str
) -> None:
    wanted = Settings.model_validate(_settings(restricted))

    @effort(_SHARES.get(resource.kind, 1.0))
    @given(st.data())
    def walk(data: st.DataObject) -> None:
        base, spec = changed(resource, data, 4)
        name = data.draw(st.sampled_from(_NAMES), label="name")
        answer = server.try_create(manifest(resource, name, spec), restricted)
        if not answer.taken:
            assert refused_by_rule(answer, ROOTS[resource]), answer.message
            tally["refused by a rule"] += 1
            return
        plans = live(answer.document, CATALOGS, wanted)
        tally["planned"] += 1
        tally["told in the status"] += any(_failed(plan) for plan in plans)
        _make(resource, plans, server, restricted, passed=passed_on(spec) != passed_on(base))

    walk()


def _failed(plan: Plan) -> bool:
    return ((plan.status or {}).get("failure") or {}).get("category") == "Validation"


def _make(
    resource: type[Resource], plans: list[Plan], server: Server, namespace: str, *, passed: bool
) -> None:
    """Ask for everything that the plans make, and for the executors that Spark would make."""
    found = [child for plan in plans for child in made(plan)]
    # Spark reads the executors' template, and drops what it does not know.
    asked = [(child, "Strict") for child in found]
    asked += [
        (executor(child, namespace), "Warn") for child in found if TEMPLATE_FILE in child.get("data", {})
    ]
    for child, unknown in asked:
        answer = server.try_create(child, namespace, unknown)
        if answer.taken:
            tally["objects taken"] += 1
            continue
        assert may_refuse(resource, child, answer, passed=passed), answer.message
        tally["refused as a pod"] += 1
