"""The page for people who come from the Glue crawler names tests that exist, and every field of a Crawl."""

import re
from pathlib import Path

import pytest

from emberlake.api.v1alpha1.crawl import CrawlSpec

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/how-to/move-from-glue-crawler.md").read_text()


def named() -> set[tuple[Path, str]]:
    found, path = set(), Path()
    for file, test in re.findall(r"`([\w/]*\.py)?::(test_\w+)`", PAGE):
        if file:
            path = ROOT / file if file.startswith("tests/") else Path(__file__).parent / file
        found.add((path, test))
    return found


@pytest.mark.parametrize(("path", "test"), sorted(named()), ids=lambda value: str(value)[-60:])
def test_each_test_that_is_named_exists(path: Path, test: str) -> None:
    assert f"def {test}(" in path.read_text()


def test_every_field_of_a_crawl_is_mapped() -> None:
    fields = {field.alias or name for name, field in CrawlSpec.model_fields.items()}
    # Glue has no such fields.
    assert {field for field in fields if f"`{field}" not in PAGE and f"  {field}:" not in PAGE} <= {
        "convert",
        "suspend",
    }
