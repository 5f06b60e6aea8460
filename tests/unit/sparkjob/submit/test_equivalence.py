"""What Emberlake builds is what the real spark-submit sends, except for the declared differences."""

import os
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from emberlake.api.v1alpha1.sparkjob import SparkJobSpec
from emberlake.sparkjob.build import Attempt, children
from unit.sparkjob.fixtures import SETTINGS, owner
from unit.sparkjob.submit.cases import cases, golden
from unit.sparkjob.submit.compare import Difference, differences, view_of_ours, view_of_submit
from unit.sparkjob.submit.declared import INTENDED
from unit.sparkjob.submit.executors import executor
from unit.sparkjob.submit.intended import page, undeclared, unused

CASES = cases()
PAGE = Path(__file__).parents[4] / "docs/reference/spark-submit-differences.md"
VERSION = SETTINGS.releases["ember-1.0"].spark


@cache
def found(name: str) -> tuple[Difference, ...]:
    spec = SparkJobSpec.model_validate(CASES[name])
    built = children(owner(), spec, [], SETTINGS, Attempt(1, 1))
    return tuple(differences(view_of_submit(golden(name)), view_of_ours(built, VERSION)))


def listed(lines: Iterable[Any]) -> str:
    return "\n".join(["", *(str(line) for line in lines)])


@pytest.mark.parametrize("name", CASES)
def test_what_is_built_is_what_spark_submit_sends(name: str) -> None:
    extra = undeclared(found(name), INTENDED)
    assert not extra, f"{name} differs from spark-submit, and declared.py does not say why:{listed(extra)}"


def test_every_declared_difference_is_there() -> None:
    gone = unused((one for name in CASES for one in found(name)), INTENDED)
    assert not gone, f"these differ no more, take them out of declared.py:{listed(gone)}"


def test_the_page_lists_the_declared_differences() -> None:
    if os.environ.get("EMBERLAKE_GOLDEN") == "write":
        PAGE.write_text(page(INTENDED))
    assert PAGE.read_text() == page(INTENDED), "run EMBERLAKE_GOLDEN=write pytest tests/unit/sparkjob/submit"


@pytest.mark.parametrize("name", CASES)
def test_executors_are_worked_out_as_the_real_driver_made_them(name: str) -> None:
    """Executors of what is built are compared without a JVM: here the way to do it is held to real ones."""
    recorded = golden(name)
    conf = view_of_submit(recorded)["properties"]
    templates = [
        document["data"]["podspec-configmap-key"]
        for document in recorded["written"]
        if "podspec-configmap-key" in document.get("data", {})
    ]
    worked_out = executor(conf, templates[0] if templates else {}, recorded["spark"])
    extra = differences(recorded["executor"], worked_out)
    assert not extra, f"executors.py does not know what Spark does:{listed(extra)}"
