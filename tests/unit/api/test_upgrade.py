"""What is stored since the release before means the same to this one."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import yaml

from emberlake.api.v1alpha1 import KINDS
from emberlake.crawl.plan import spec_hash as crawl_hash
from emberlake.sparkjob.asked import spec_hash as job_hash

STORED: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "stored.yaml").read_text())
MODELS = {model.kind: model.spec_model for model in KINDS}
HASHES = {"SparkJob": job_hash, "Crawl": crawl_hash}


@pytest.mark.parametrize("stored", STORED, ids=lambda stored: f"{stored['kind']}-{stored['specHash'][:4]}")
def test_an_upgrade_starts_nothing(stored: dict[str, Any]) -> None:
    """A job with rerunOn: Change, or a Crawl, runs again when its hash is another."""
    spec = MODELS[stored["kind"]].model_validate(stored["spec"])
    defaulted = MODELS[stored["kind"]].model_validate(
        spec.model_dump(mode="json", by_alias=True, exclude_none=True)
    )
    for found in (spec, defaulted):
        assert HASHES[stored["kind"]](cast("Any", SimpleNamespace(spec=found))) == stored["specHash"]
