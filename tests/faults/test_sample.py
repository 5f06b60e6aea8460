"""A fixed sample of the fault suite: some plans of each kind; `make test-faults` runs all."""

import asyncio
from collections import defaultdict
from pathlib import Path

import pytest

from faults.results import Result, Store
from faults.sample import KINDS, WORKLOADS, sample
from faults.suite import SHORT_QUIET, Suite, ground
from faults.workloads import BY_NAME

pytestmark = pytest.mark.cluster


async def _run(folder: Path) -> dict[str, list[Result]]:
    found: dict[str, list[Result]] = defaultdict(list)
    async with ground() as shared:
        suite = Suite(shared, Store.open(folder))
        known = await suite.plans([BY_NAME[name] for name in WORKLOADS], SHORT_QUIET)
        async for result in suite.results(sample(known)):
            found[result.plan.split("/")[1]].append(result)
    return found


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Result]]:
    """Of the whole sample by kind of fault: its plans run side by side."""
    return asyncio.run(_run(tmp_path_factory.mktemp("faults")))


@pytest.mark.parametrize("kind", KINDS)
def test_the_operator_comes_to_the_same_end(results: dict[str, list[Result]], kind: str) -> None:
    assert results[kind], "the sample has no such plan any more"
    assert {result.plan: result.problems for result in results[kind] if not result.passed} == {}
