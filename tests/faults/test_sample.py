"""A fixed sample of the fault suite: some plans of each kind; `make test-faults` runs all."""

import asyncio
from pathlib import Path

import pytest

from faults.results import Result, Store
from faults.sample import SAMPLE
from faults.suite import SHORT_QUIET, Suite, ground
from faults.workloads import BY_NAME

pytestmark = pytest.mark.cluster


async def _sample(folder: Path) -> dict[str, Result]:
    names = dict.fromkeys(plan.split("/")[0] for plan in SAMPLE)
    async with ground() as found:
        suite = Suite(found, Store.open(folder))
        known = await suite.plans([BY_NAME[name] for name in names], SHORT_QUIET)
        wanted = [plan for plan in known if plan.id in SAMPLE]
        return {result.plan: result async for result in suite.results(wanted)}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Result]:
    """Of all plans of the sample: they run side by side."""
    return asyncio.run(_sample(tmp_path_factory.mktemp("faults")))


@pytest.mark.parametrize("plan", SAMPLE)
def test_the_operator_comes_to_the_same_end(results: dict[str, Result], plan: str) -> None:
    assert plan in results, "no workload has this plan any more: mend faults/sample.py"
    assert results[plan].problems == ()
