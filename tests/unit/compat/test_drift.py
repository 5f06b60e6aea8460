"""The verdicts in the tree are those of the Sail that is installed, and the page is that of the verdicts."""

import re
import sys
from collections import Counter
from pathlib import Path

from compat import engines, reading, sample, tree
from compat.behind import outcome
from compat.compare import Verdict
from compat.comparison import result
from compat.reading import Case
from compat.running import Kept, outcomes

Judged = list[tuple[Case, Verdict, str]]


def judged(folder: Path, gateway: str = "") -> Judged:
    """Each case of the sample, how Sail is beside Spark now, and how it was by itself."""
    settings = {"conf": {}, "tables": reading.tables()}
    engine = engines.sail(Path(sys.executable), settings, folder, gateway=gateway)
    kept = Kept(folder / "kept.json", fresh=True)
    recorded = list(sample.read())
    try:
        said = outcomes(
            engine, "exprs", {case.id: case.expression for case, _, _ in recorded if case.call}, kept
        )
        queries = {case.id: list(case.statements) for case, _, _ in recorded if case.statements}
        said |= outcomes(engine, "sql", queries, kept)
    finally:
        engine.stop()
    return [(case, result(case, spark, said[case.id]).verdict, kind) for case, spark, kind in recorded]


def test_sail_gives_what_it_gave_when_it_was_compared_with_spark(tmp_path: Path) -> None:
    found = judged(tmp_path)
    changed = [
        f"{case.name}: {case.id}: {kind} became {now}" for case, now, kind in found if now.kind != kind
    ]
    assert changed == [], "run `make compat`"
    assert Counter(kind for *_, kind in found)["same"] > 200


def test_auto_gives_no_other_result_than_spark(tmp_path: Path) -> None:
    found = judged(tmp_path, "Auto")
    other = [f"{case.name}: {case.id}: {now.note}" for case, now, _ in found if outcome(now) == "differs"]
    assert other == []
    assert Counter(outcome(now) for _, now, _ in found)["same"] > 100


def test_the_versions_compared_are_those_in_use() -> None:
    versions = (tree.ROOT / "hack/versions.env").read_text(encoding="utf-8")
    requirements = (tree.ROOT / "images/sail/requirements.txt").read_text(encoding="utf-8")
    (spark,) = re.findall(r"^SPARK_VERSION=(.*)$", versions, re.MULTILINE)
    (sail,) = re.findall(r"^pysail==(\S+)", requirements, re.MULTILINE)
    for file in (tree.VERIFIED, tree.SUITES, tree.GATEWAY):
        document = tree.read(file)
        assert (document["spark"], document["sail"]) == (spark, sail), f"{file.name}: run `make compat` anew"


def test_the_page_is_that_of_the_verdicts() -> None:
    assert tree.PAGE.read_text(encoding="utf-8") == tree.page(), "run `make compat`"
