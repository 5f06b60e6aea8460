"""The metric contract: dashboards and alerts of others stand on it, so a change must be meant."""

import os
import re
import tomllib
from pathlib import Path

import aiohttp
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

import emberlake
from emberlake.core import web
from unit.core.contract import GOLDEN, contract, described

ROOT = Path(__file__).parents[3]
REFERENCE = ROOT / "docs" / "reference" / "metrics.md"
ROW = re.compile(r"^\| `(?P<name>[a-z_]+)` \| (?P<type>\w+) \| (?P<labels>[^|]*) \| (?P<meaning>[^|]+) \|$")


def test_names_types_and_labels_are_kept() -> None:
    """`EMBERLAKE_GOLDEN=write` takes a change over; tell of it in the release notes."""
    if os.environ.get("EMBERLAKE_GOLDEN") == "write":
        GOLDEN.write_text(yaml.safe_dump(described(), sort_keys=False, default_flow_style=None, width=110))
    assert described() == contract()


def test_every_metric_is_in_the_reference_and_no_other() -> None:
    rows = [match for line in REFERENCE.read_text().splitlines() if (match := ROW.match(line))]
    told = {row["name"]: (row["type"], re.findall(r"`(\w+)`", row["labels"])) for row in rows}
    assert len(told) == len(rows)
    assert told == {name: (metric["type"], metric["labels"]) for name, metric in contract().items()}


@pytest.mark.parametrize("name", contract())
def test_names_follow_the_rules_of_prometheus(name: str) -> None:
    metric = contract()[name]
    assert re.fullmatch(r"[a-z][a-z0-9_]*", name)
    assert name.endswith("_total") == (metric["type"] == "counter")
    assert not re.search(r"_(ms|milliseconds|minutes|hours|mb|percent)(_|$)", name)
    if metric["type"] == "histogram":
        assert name.endswith("_seconds")


@pytest.mark.parametrize("name", contract())
def test_no_label_takes_a_value_that_users_choose(name: str) -> None:
    """Nor one that Prometheus gives to the target: it would become exported_pod."""
    chosen = {"namespace", "job_name", "object", "uid", "user", "team", "message", "reason", "image", "path"}
    of_the_target = {"job", "instance", "pod", "container", "service", "endpoint", "node"}
    assert not set(contract()[name]["labels"]) & (chosen | of_the_target)


@pytest.mark.parametrize(
    ("name", "hours"),
    [("emberlake_run_duration_seconds", 6), ("sparkjob_submit_to_driver_running_seconds", 6)],
)
def test_buckets_reach_from_a_tenth_of_a_second_to_hours(name: str, hours: int) -> None:
    buckets = contract()[name]["buckets"]
    assert (buckets[0], buckets[-1]) == (0.1, hours * 3600)


async def test_they_are_served_without_the_time_each_was_made(unused_tcp_port: int) -> None:
    runner = await web.serve(unused_tcp_port, lambda: None, lambda: None)
    try:
        url = f"http://127.0.0.1:{unused_tcp_port}/metrics"
        async with aiohttp.ClientSession() as session, session.get(url) as answer:
            families = {family.name for family in text_string_to_metric_families(await answer.text())}
    finally:
        await runner.cleanup()
    assert {"emberlake_build_info", "emberlake_runs_finished", "process_cpu_seconds"} <= families
    assert not [name for name in families if name.endswith("_created")]


def test_the_version_is_that_of_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert emberlake.__version__ == project["version"]
