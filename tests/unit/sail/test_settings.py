from pathlib import Path

import pytest
import yaml

from emberlake.sail.settings import refused

VALUES = Path(__file__).parents[3] / "charts/emberlake/values.yaml"


@pytest.mark.parametrize("release", yaml.safe_load(VALUES.read_text())["releases"].values())
def test_what_a_release_sets_for_speed_keeps_no_job_from_sail(release: dict[str, dict[str, str]]) -> None:
    assert {key: why for key, value in release["sparkConf"].items() if (why := refused(key, value))} == {}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("spark.sql.shuffle.partitions", "8"),
        ("spark.executor.memory", "2g"),
        ("spark.executor.instances", "4"),
        ("spark.dynamicAllocation.enabled", "true"),
        ("spark.ui.enabled", "false"),
        ("spark.driver.extraJavaOptions", "-XX:+UseG1GC -Xss4m"),
        ("spark.sql.ansi.enabled", "TRUE"),
        ("spark.sql.storeAssignmentPolicy", "ANSI"),
        ("spark.sql.session.timeZone", "UTC"),
    ],
)
def test_machinery_and_what_sail_does_anyway_are_taken(key: str, value: str) -> None:
    assert refused(key, value) is None


@pytest.mark.parametrize(
    ("key", "value", "why"),
    [
        ("spark.sql.ansi.enabled", "false", "at true alone"),
        ("spark.sql.session.timeZone", "Europe/Berlin", "UTC"),
        ("spark.sql.legacy.timeParserPolicy", "LEGACY", "not known"),
        ("spark.sql.catalog.other", "org.apache.iceberg.spark.SparkCatalog", "not known"),
        ("spark.sql.extensions", "com.acme.Extensions", "not known"),
        ("spark.plugins", "com.acme.Plugin", "not known"),
        ("spark.jars.packages", "com.acme:rules:1", "not known"),
        ("spark.hadoop.fs.s3a.endpoint", "http://elsewhere", "not known"),
        ("spark.executorEnv.MODE", "fast", "not known"),
        ("spark.driver.extraClassPath", "/opt/x.jar", "not known"),
        ("spark.driver.extraJavaOptions", "-Xss4m -Duser.timezone=CET", "no JVM"),
        ("spark.executor.defaultJavaOptions", "-javaagent:/opt/agent.jar", "no JVM"),
    ],
)
def test_what_may_change_a_result_is_refused(key: str, value: str, why: str) -> None:
    assert why in (refused(key, value) or "")
