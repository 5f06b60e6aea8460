from typing import Any, cast

import pytest

from emberlake.cli.errors import CliError
from emberlake.cli.ui import target


@pytest.mark.parametrize(
    ("spec", "status", "why"),
    [
        ({"ui": {"enabled": False}}, {"state": "Running"}, "set ui.enabled"),
        ({}, {"state": "Running", "engine": "Sail"}, "runs on Sail, which has no UI"),
        ({}, {"state": "Succeeded", "engine": "Spark"}, "as long as the driver runs"),
    ],
)
def test_a_job_without_a_ui_says_why(spec: dict[str, Any], status: dict[str, Any], why: str) -> None:
    job = {"metadata": {"name": "etl"}, "spec": spec, "status": status}
    with pytest.raises(CliError, match=why):
        target(cast("Any", None), job)
