"""Whether an object is still what was applied."""

from copy import deepcopy
from typing import Any

import pytest

from emberlake.core.drift import APPLIED, is_as_applied, stamped

WANTED = {
    "kind": "Deployment",
    "metadata": {"name": "wh", "annotations": {"a": "1"}},
    "spec": {"replicas": 0, "template": {"env": [{"name": "X", "value": ""}], "volumes": []}},
}


def stored(**spec: Any) -> dict[str, Any]:
    """As the API server shows it: with defaults, with others' fields, without what is empty."""
    found = deepcopy(stamped(WANTED))
    found["metadata"]["annotations"]["deployment.kubernetes.io/revision"] = "1"
    found["spec"] |= {"strategy": {"type": "Recreate"}, "template": {"env": [{"name": "X"}]}, **spec}
    return found


def test_defaults_and_the_fields_of_others_are_no_drift() -> None:
    assert is_as_applied(stored(), stamped(WANTED))


@pytest.mark.parametrize(
    "changed",
    [{"replicas": 1}, {"replicas": None}, {"template": {"env": [{"name": "Y"}]}}, {"template": {"env": []}}],
)
def test_what_somebody_changed_is_drift(changed: dict[str, Any]) -> None:
    assert not is_as_applied(stored(**changed), stamped(WANTED))


def test_a_field_that_is_no_longer_wanted_is_drift() -> None:
    """It stands in the object still, and nothing wanted is missing: a dropped variable stayed."""
    fewer = {**WANTED, "spec": {"replicas": 0}}
    assert not is_as_applied(stored(), stamped(fewer))


def test_the_stamp_changes_only_the_annotation() -> None:
    found = stamped(WANTED)
    assert len(found["metadata"]["annotations"].pop(APPLIED)) == 16
    assert found == WANTED
