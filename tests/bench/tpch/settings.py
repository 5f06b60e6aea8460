"""The release's own Spark settings beside what Spark would do without them."""

from collections.abc import Mapping
from typing import Any

import yaml
from demo import kube

# Name -> Spark's own values; an empty text is Spark's own value of JVM options.
SETTINGS: Mapping[str, Mapping[str, str]] = {
    "parallel GC": {"spark.driver.defaultJavaOptions": "", "spark.executor.defaultJavaOptions": ""},
    "broadcast by real size": {"spark.sql.adaptive.autoBroadcastJoinThreshold": "10m"},
    "local hash joins": {"spark.sql.adaptive.maxShuffledHashJoinLocalMapThreshold": "0"},
    "coalesce to the advised size": {"spark.sql.adaptive.coalescePartitions.parallelismFirst": "true"},
}
COLLECTOR = "parallel GC"


def stock() -> dict[str, str]:
    """Spark's own value of everything the release sets for speed."""
    return {key: value for values in SETTINGS.values() for key, value in values.items()}


def with_only(name: str) -> dict[str, str]:
    """Spark's own values, but for this setting, which stays the release's."""
    return {key: value for key, value in stock().items() if key not in SETTINGS[name]}


def of_session() -> dict[str, dict[str, str]]:
    """Name of each setting that a running session can take -> the release's values; and none, Spark's own."""
    ours = _release()
    found: dict[str, dict[str, str]] = {"Spark's own": {}}
    for name, values in SETTINGS.items():
        if name != COLLECTOR:
            found[name] = {key: ours[key] for key in values}
    return found


def _release() -> dict[str, str]:
    values: dict[str, Any] = yaml.safe_load((kube.ROOT / "charts/emberlake/values.yaml").read_text())
    found: dict[str, str] = values["releases"]["ember-1.0"]["sparkConf"]
    return found
