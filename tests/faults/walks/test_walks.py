"""Living objects led through good and bad changes: each is refused or absorbed, and can be taken back."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from emberlake.api.v1alpha1.common import Resource
from faults.bench import Ground
from faults.suite import ground
from faults.walks.changes import Change, allowed, forbidden
from faults.walks.effort import effort
from faults.walks.schema import spec_schema
from faults.walks.specs import LIVING
from faults.walks.walking import Way, walk

pytestmark = pytest.mark.cluster

# One walk takes as long as some hundred dry runs.
_SHARE = 0.03
Grounded = tuple[asyncio.Runner, Ground]


@pytest.fixture(scope="module")
def grounded() -> Iterator[Grounded]:
    """What all walks share, and the loop that they run in."""
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        yield runner, runner.run(stack.enter_async_context(ground()))
        runner.run(stack.aclose())


def _is_affordable(step: Change) -> bool:
    """A thousand pods are more than a small machine can take."""
    value = step.value if step.field.path[-1:] == ("replicas",) else 0
    if isinstance(step.value, dict):
        value = step.value.get("replicas", 0)
    return bool(step.breaks) or value in range(3)


def ways(kind: type[Resource]) -> st.SearchStrategy[Way]:
    """A first spec and changes of it; bad ones alone are tried by the thousand elsewhere."""
    root = spec_schema(kind)
    step = st.one_of(allowed(root), allowed(root), allowed(root), forbidden(root))
    return st.builds(
        Way,
        st.just(kind),
        st.just(root),
        st.sampled_from(LIVING[kind]),
        st.lists(step.filter(_is_affordable), min_size=4, max_size=12),
    )


@pytest.mark.parametrize("kind", LIVING, ids=lambda kind: kind.kind)
def test_a_walk_can_be_taken_back(kind: type[Resource], grounded: Grounded) -> None:
    runner, shared = grounded

    # To look for a shorter way would take many minutes.
    @settings(effort(_SHARE), phases=(Phase.generate,))
    @given(ways(kind))
    def walks(way: Way) -> None:
        runner.run(walk(shared, way))

    walks()
