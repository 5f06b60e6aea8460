import pytest

from emberlake.__main__ import CAPABILITIES
from emberlake.core.capability import watched
from emberlake.core.watch import selector


def test_own_kinds_are_watched_whole() -> None:
    found = watched(CAPABILITIES.values())
    assert {kind for kind, owners in found.items() if selector(owners) is None} == set(CAPABILITIES)


@pytest.mark.parametrize("kind", CAPABILITIES)
def test_every_child_that_a_kind_looks_at_is_watched(kind: str) -> None:
    found = watched(CAPABILITIES.values())
    assert all(kind in found[child] for child in CAPABILITIES[kind].children)


def test_children_are_those_of_the_kinds_that_look_at_them_and_no_executors() -> None:
    assert selector(("SparkJob", "Crawl")) == (
        "emberlake.dev/kind in (Crawl,SparkJob),emberlake.dev/role!=executor"
    )
