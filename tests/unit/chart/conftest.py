"""Fixtures: the chart as helm renders it."""

from collections.abc import Callable

import pytest
import yaml

from unit.chart.rendering import CHART, Manifest, Render, run_helm


@pytest.fixture(scope="session")
def render() -> Render:
    """`render(*flags)` -> manifests; flags as of `helm template`."""

    def rendered(*flags: str) -> list[Manifest]:
        done = run_helm(*flags)
        assert done.returncode == 0, done.stderr
        return [document for document in yaml.safe_load_all(done.stdout) if document]

    return rendered


@pytest.fixture(scope="session")
def refusal() -> Callable[..., str]:
    """`refusal(*flags)` -> the error of a rendering that must fail."""

    def refused(*flags: str) -> str:
        done = run_helm(*flags)
        assert done.returncode != 0, f"{flags} was accepted"
        return done.stderr

    return refused


@pytest.fixture(scope="session")
def values_file() -> Callable[[str], str]:
    """`values_file("dev")` -> the flag for values-dev.yaml."""
    return lambda name: f"--values={CHART / f'values-{name}.yaml'}"
