"""Which catalogs a warehouse serves when Catalogs come, change and go."""

from typing import Any

import pytest

from emberlake.warehouse.catalogs import Resolved, data, resolve
from unit.warehouse.warehouses import LAKE, PROD

BOTH = {"lake": LAKE.spec, "prod": PROD.spec}


def recorded(names: list[str]) -> dict[str, Any]:
    """The ConfigMap after these were served."""
    return {"data": data(resolve(names, BOTH, None).served)}


def names(found: Resolved) -> list[str]:
    return [served.catalog for served in found.served]


def test_catalogs_are_served_in_the_order_of_the_spec() -> None:
    assert names(resolve(["prod", "lake", "prod"], BOTH, None)) == ["prod", "lake"]


def test_a_catalog_that_never_existed_is_missing() -> None:
    found = resolve(["lake", "prod"], {"lake": LAKE.spec}, None)
    assert names(found) == ["lake"]
    assert found.missing == ("prod",)


def test_a_deleted_catalog_is_served_as_it_was() -> None:
    before = resolve(["lake", "prod"], BOTH, None)
    after = resolve(["lake", "prod"], {"lake": LAKE.spec}, recorded(["lake", "prod"]))
    assert after.kept == ("prod",)
    assert after.served == before.served
    assert data(after.served) == data(before.served), "a second look must change no file"


def test_a_catalog_that_comes_back_is_rendered_anew() -> None:
    changed = LAKE.spec.model_copy(update={"warehouse": "s3://other/warehouse"})
    moved = changed.model_copy(update={"s3": PROD.spec.s3})
    found = resolve(["lake"], {"lake": moved}, recorded(["lake"]))
    assert found.kept == ()
    assert found.served != resolve(["lake"], BOTH, None).served


def test_a_catalog_taken_out_of_the_spec_is_forgotten() -> None:
    assert names(resolve(["lake"], {}, recorded(["lake", "prod"]))) == ["lake"]


@pytest.mark.parametrize(
    ("specs", "reason"),
    [
        ({"lake": LAKE.spec, "prod": PROD.spec.model_copy(update={"sql_name": "lake"})}, "DuplicateSqlName"),
        ({"1lake": LAKE.spec}, "InvalidSqlName"),
    ],
)
def test_catalogs_that_cannot_be_served_together(specs: dict[str, Any], reason: str) -> None:
    found = resolve(list(specs), specs, None)
    assert found.problem is not None
    assert found.problem.reason == reason
    assert "spec.sqlName" in found.problem.message
