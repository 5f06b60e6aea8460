"""The goldens are whole and fresh, and Spark's documented memory rules hold in them."""

import re
from pathlib import Path

import pytest

from unit.sparkjob.submit.cases import GOLDEN, cases, golden
from unit.sparkjob.submit.rules import pod_memory
from unit.sparkjob.submit.translate import submission

CASES = cases()
ROOT = Path(__file__).parents[4]


def test_every_case_is_recorded_and_no_other() -> None:
    assert {path.stem for path in GOLDEN.iterdir()} == set(CASES)


@pytest.mark.parametrize("name", CASES)
def test_a_golden_answers_the_case_as_it_is_now(name: str) -> None:
    recorded, call = golden(name), submission(CASES[name])
    assert recorded["arguments"] == call.arguments, f"the case changed: run make goldens CASES={name}"
    assert recorded["templates"] == call.templates, f"the case changed: run make goldens CASES={name}"


def test_the_goldens_are_of_the_spark_that_is_shipped() -> None:
    versions = (ROOT / "hack/versions.env").read_text()
    shipped = re.search(r"^SPARK_VERSION=(.*)$", versions, re.MULTILINE)
    assert shipped is not None
    assert {golden(name)["spark"] for name in CASES} == {shipped[1]}, "run make goldens"


@pytest.mark.parametrize("name", CASES)
def test_spark_submit_follows_the_documented_memory_rules(name: str) -> None:
    pod = next(document for document in golden(name)["written"] if document["kind"] == "Pod")
    limits = [c["resources"]["limits"]["memory"] for c in pod["spec"]["containers"] if "resources" in c]
    language = {"SQL": "Python"}.get(CASES[name]["type"], CASES[name]["type"])
    assert limits == [f"{pod_memory(submission(CASES[name]).conf, 'driver', language)}Mi"]
