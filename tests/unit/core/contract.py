"""The metrics as people rely on them: names, types and labels."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

import yaml
from prometheus_client import REGISTRY, Metric
from prometheus_client.registry import Collector

from emberlake import __main__ as program
from emberlake.core.cache import Cache
from emberlake.core.collect import CacheCollector, QueueCollector

GOLDEN = Path(__file__).parent / "golden" / "metrics.yaml"


def described() -> dict[str, dict[str, Any]]:
    """Each metric of the operator's process by name: type, labels, and where buckets end."""
    collectors: list[Any] = [
        *REGISTRY._collector_to_names,
        CacheCollector(Cache(), program.CAPABILITIES),
        QueueCollector(cast("Any", None), ()),
    ]
    found = {}
    for collector in collectors:
        for family in _families(collector):
            labels = getattr(family, "_labelnames", None) or getattr(collector, "_labelnames", ())
            name = f"{family.name}_total" if family.type == "counter" else family.name
            found[name] = {"type": family.type, "labels": list(labels)}
            if family.type == "histogram":
                found[name]["buckets"] = [bound for bound in collector._upper_bounds if bound != float("inf")]
    return dict(sorted(found.items()))


def _families(collector: Collector) -> Iterable[Metric]:
    return list(getattr(collector, "describe", collector.collect)())


def contract() -> dict[str, dict[str, Any]]:
    """The golden file."""
    found: dict[str, dict[str, Any]] = yaml.safe_load(GOLDEN.read_text())
    return found


def series() -> dict[str, set[str]]:
    """Names as PromQL sees them, each with its labels: a histogram has three."""
    found: dict[str, set[str]] = {}
    for name, metric in contract().items():
        labels = set(metric["labels"])
        if metric["type"] == "histogram":
            found |= {f"{name}_sum": labels, f"{name}_count": labels, f"{name}_bucket": labels | {"le"}}
        else:
            found[name] = labels
    return found
