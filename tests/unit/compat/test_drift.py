"""The verdicts in the tree are those of the Sail that is installed, and the page is that of the verdicts."""

import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from compat import engines, reading, sample, tree
from compat.comparison import result
from compat.running import Kept, outcomes


@pytest.fixture(scope="module")
def sail(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    folder = tmp_path_factory.mktemp("sail")
    engine = engines.sail(Path(sys.executable), {"conf": {}, "tables": reading.tables()}, folder)
    kept = Kept(folder / "kept.json", fresh=True)
    yield lambda kind, wanted: outcomes(engine, kind, wanted, kept)
    engine.stop()


def test_sail_gives_what_it_gave_when_it_was_compared_with_spark(sail: Any) -> None:
    recorded = list(sample.read())
    said = sail("exprs", {case.id: case.expression for case, _, _ in recorded if case.call})
    said |= sail("sql", {case.id: list(case.statements) for case, _, _ in recorded if case.statements})
    judged = [(case, result(case, spark, said[case.id]).verdict, kind) for case, spark, kind in recorded]
    changed = [
        f"{case.name}: {case.id}: {kind} became {now}" for case, now, kind in judged if now.kind != kind
    ]
    assert changed == [], "run `make compat`"
    assert Counter(kind for _, _, kind in recorded)["same"] > 200


def test_the_versions_compared_are_those_in_use() -> None:
    versions = (tree.ROOT / "hack/versions.env").read_text(encoding="utf-8")
    requirements = (tree.ROOT / "images/sail/requirements.txt").read_text(encoding="utf-8")
    (spark,) = re.findall(r"^SPARK_VERSION=(.*)$", versions, re.MULTILINE)
    (sail,) = re.findall(r"^pysail==(\S+)", requirements, re.MULTILINE)
    for file in (tree.VERIFIED, tree.SUITES):
        document = tree.read(file)
        assert (document["spark"], document["sail"]) == (spark, sail), f"{file.name}: run `make compat` anew"


def test_the_page_is_that_of_the_verdicts() -> None:
    assert tree.PAGE.read_text(encoding="utf-8") == tree.page(), "run `make compat`"
