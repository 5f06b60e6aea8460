"""Writes the Grafana dashboard of the chart: `python hack/dashboard.py FILE`.

What to show stands here as titles and PromQL; where on the screen and how is computed.
"""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

WIDTH, HEIGHT, PER_ROW = 8, 8, 3
# One install: several may share a Prometheus.
HERE = 'namespace="$namespace", job="$job"'
SOURCE = {"type": "prometheus", "uid": "${datasource}"}


# Pairs of PromQL and legend.
Queries = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Panel:
    """One graph; in its queries HERE is put in place of OPERATOR."""

    title: str
    unit: str
    queries: Queries
    stacked: bool = False


def quantiles(histogram: str, by: str = "", where: str = "") -> Queries:
    """The median and the 99th percentile of a histogram, by one more label if wanted."""
    labels = f"le, {by}" if by else "le"
    legend = f"{_legend(by)} " if by else ""
    rate = f"sum by ({labels}) (rate({histogram}_bucket{{OPERATOR{where}}}[$__rate_interval]))"
    return tuple((f"histogram_quantile({q}, {rate})", f"{legend}p{round(q * 100)}") for q in (0.5, 0.99))


def objects(kind: str) -> Queries:
    """Objects of a kind by state."""
    return maximum("emberlake_objects", "state", f', kind="{kind}"')


def rate(counter: str, by: str, where: str = "") -> Queries:
    """Increase per second of a counter, by labels."""
    return ((f"sum by ({by}) (rate({counter}{{OPERATOR{where}}}[$__rate_interval]))", _legend(by)),)


def per_hour(counter: str, by: str, where: str = "") -> Queries:
    """Increase of a counter in an hour, by labels."""
    return ((f"sum by ({by}) (increase({counter}{{OPERATOR{where}}}[1h]))", _legend(by)),)


def maximum(gauge: str, by: str, where: str = "") -> Queries:
    """A gauge that every replica reports, by labels."""
    return ((f"max by ({by}) ({gauge}{{OPERATOR{where}}})", _legend(by)),)


def each(expression: str) -> Queries:
    """What each replica reports of itself."""
    return ((expression, "{{pod}}"),)


def _legend(labels: str) -> str:
    return " ".join(f"{{{{{label.strip()}}}}}" for label in labels.split(","))


JOBS = ', kind="SparkJob"'
SPARK = (
    Panel("Jobs by state", "short", objects("SparkJob"), stacked=True),
    Panel(
        "Runs that ended, per hour",
        "short",
        per_hour("emberlake_runs_finished_total", "outcome, category", JOBS),
        stacked=True,
    ),
    Panel("Retries per hour", "short", per_hour("sparkjob_retries_total", "category"), stacked=True),
    Panel(
        "Attempts per hour by engine", "short", per_hour("sparkjob_attempts_total", "engine"), stacked=True
    ),
    Panel(
        "Handed over to Spark per hour",
        "short",
        per_hour("sparkjob_handed_over_total", "cause"),
        stacked=True,
    ),
    Panel("From submission to driver pod", "s", quantiles("sparkjob_submit_to_driver_created_seconds")),
    Panel("From submission to running driver", "s", quantiles("sparkjob_submit_to_driver_running_seconds")),
    Panel("Duration of runs", "s", quantiles("emberlake_run_duration_seconds", "outcome", JOBS)),
    Panel("Time in Pending or Queued", "s", quantiles("emberlake_waiting_seconds", where=JOBS)),
    Panel("Oldest job by state", "s", maximum("emberlake_oldest_in_state_seconds", "state", JOBS)),
    Panel("Past their timeouts", "short", maximum("emberlake_overdue_objects", "kind, state")),
)
DATA = tuple(
    Panel(f"{kind}s by state", "short", objects(kind), stacked=True)
    for kind in ("Catalog", "Warehouse", "Crawl")
)
OPERATOR = (
    Panel("Leader", "short", each("leader_election_master_status{OPERATOR}")),
    Panel("Queue", "short", maximum("workqueue_depth", "name"), stacked=True),
    Panel("Time in the queue", "s", quantiles("workqueue_queue_duration_seconds", "name")),
    Panel("Reconciles per second", "ops", rate("controller_runtime_reconcile_total", "controller, result")),
    Panel(
        "Duration of a reconcile", "s", quantiles("controller_runtime_reconcile_time_seconds", "controller")
    ),
    Panel("Longest reconcile in hand", "s", maximum("workqueue_longest_running_processor_seconds", "name")),
    Panel("API requests per second", "reqps", rate("rest_client_requests_total", "method, resource")),
    Panel(
        "API requests refused or failed",
        "reqps",
        rate("rest_client_requests_total", "code, resource", ', code!~"2.."'),
    ),
    Panel("API latency", "s", quantiles("rest_client_request_duration_seconds", "verb")),
    Panel("Watch events per second", "ops", rate("emberlake_watch_events_total", "kind, type")),
    Panel("Duration of a full list", "s", quantiles("emberlake_relist_seconds")),
    Panel(
        "Full lists that failed, per hour",
        "short",
        (("sum(increase(emberlake_relist_errors_total{OPERATOR}[1h]))", "failed"),),
    ),
    Panel(
        "Since the last full list", "s", each("time() - emberlake_last_relist_timestamp_seconds{OPERATOR}")
    ),
    Panel("Kubernetes Events per second", "ops", rate("emberlake_events_total", "result")),
    Panel("CPU", "short", each("rate(process_cpu_seconds_total{OPERATOR}[$__rate_interval])")),
    Panel("Memory", "bytes", each("process_resident_memory_bytes{OPERATOR}")),
    Panel("Version", "short", (("count by (version) (emberlake_build_info{OPERATOR})", "{{version}}"),)),
)
ROWS = (("Spark jobs", SPARK), ("Data", DATA), ("Operator", OPERATOR))


def dashboard() -> dict[str, Any]:
    """The dashboard as Grafana imports it."""
    return {
        "uid": "emberlake",
        "title": "Emberlake",
        "tags": ["emberlake"],
        "schemaVersion": 39,
        "editable": True,
        "refresh": "1m",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {"list": _variables()},
        "panels": _panels(),
    }


def _variables() -> list[dict[str, Any]]:
    def values_of(label: str, where: str = "") -> dict[str, Any]:
        query = f"label_values(emberlake_build_info{where}, {label})"
        return {
            "name": label,
            "type": "query",
            "datasource": SOURCE,
            "query": {"query": query, "refId": label},
            "refresh": 2,
        }

    source = {"name": "datasource", "type": "datasource", "query": "prometheus"}
    return [source, values_of("namespace"), values_of("job", '{namespace="$namespace"}')]


def _panels() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    top = 0
    for title, panels in ROWS:
        place = {"x": 0, "y": top, "w": WIDTH * PER_ROW, "h": 1}
        found.append(
            {
                "id": len(found) + 1,
                "type": "row",
                "title": title,
                "collapsed": False,
                "gridPos": place,
                "panels": [],
            }
        )
        top += 1
        for number, panel in enumerate(panels):
            line, column = divmod(number, PER_ROW)
            place = {"x": column * WIDTH, "y": top + line * HEIGHT, "w": WIDTH, "h": HEIGHT}
            found.append(_graph(panel, len(found) + 1, place))
        top += -(-len(panels) // PER_ROW) * HEIGHT
    return found


def _graph(panel: Panel, number: int, place: dict[str, int]) -> dict[str, Any]:
    custom = {"fillOpacity": 20, "stacking": {"mode": "normal"}} if panel.stacked else {"fillOpacity": 0}
    return {
        "id": number,
        "type": "timeseries",
        "title": panel.title,
        "datasource": SOURCE,
        "gridPos": place,
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0, "custom": custom}, "overrides": []},
        "options": {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}},
        "targets": [
            {
                "refId": chr(ord("A") + index),
                "datasource": SOURCE,
                "expr": expression.replace("OPERATOR", HERE),
                "legendFormat": legend,
            }
            for index, (expression, legend) in enumerate(panel.queries)
        ],
    }


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(dashboard(), indent=1) + "\n")
