"""Made layouts of all kinds are found as they were made; the figures over many are in tests/bench/crawl."""

import pytest

from bench.crawl.layouts.__main__ import crawl, found_tables
from bench.crawl.layouts.cases import CASES, Case, Made, layout
from bench.crawl.layouts.store import LayoutStore


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_a_case_alone(case: Case) -> None:
    for seed in range(3):
        made = Made(layout(seed, 0).chance)
        case(made, "raw/", "events", 3)
        check(made)


def test_all_cases_side_by_side() -> None:
    check(layout(7, 400))


def check(made: Made) -> None:
    store = LayoutStore(made.objects)
    found = found_tables(crawl(store))
    assert found.keys() == made.tables.keys()
    for prefix, table in made.tables.items():
        assert found[prefix].keys == table.keys
        assert dict(found[prefix].columns) == dict(table.columns)
