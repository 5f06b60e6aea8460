"""Prometheus metrics of the operator itself, under controller-runtime's names where they mean the same.

No label takes a value that users choose: neither names nor namespaces of objects.
docs/reference/metrics.md lists every metric; a golden file keeps names, types and labels.
"""

import platform

from prometheus_client import Counter, Gauge, Histogram, disable_created_metrics

from emberlake import __version__

# Every series would come with a second one that says when the process made it.
disable_created_metrics()  # type: ignore[no-untyped-call]

# What the operator does itself, in seconds.
WORK = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
# What an object waits for or goes through, in seconds: mostly soon over, and mostly long.
WAIT = (0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 20, 30, 60, 120, 300, 900, 3600, 10800, 21600)
LONG = (0.1, 0.5, 1, 5, 10, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 10800, 14400, 21600)

BUILD = Gauge("emberlake_build_info", "1, with the versions as labels", ["version", "python_version"])
BUILD.labels(__version__, platform.python_version()).set(1)
LEADER = Gauge("leader_election_master_status", "1 while this replica holds the Lease", ["name"])

QUEUE_SECONDS = Histogram(
    "workqueue_queue_duration_seconds", "Time that an object stood in line", ["name"], buckets=WAIT
)
RECONCILES = Counter("controller_runtime_reconcile_total", "Reconciles by result", ["controller", "result"])
RECONCILE_SECONDS = Histogram(
    "controller_runtime_reconcile_time_seconds", "Duration of a reconcile", ["controller"], buckets=WORK
)

REQUESTS = Counter(
    "rest_client_requests_total",
    "Requests to the API server, without watches; code <error> when there was no answer",
    ["code", "method", "resource"],
)
REQUEST_SECONDS = Histogram(
    "rest_client_request_duration_seconds", "Time until the API server's answer", ["verb"], buckets=WORK
)
WATCH_EVENTS = Counter(
    "emberlake_watch_events_total", "Events of watches, by kind of the object", ["kind", "type"]
)
RELIST_SECONDS = Histogram("emberlake_relist_seconds", "Duration of a full list of every kind", buckets=WAIT)
RELIST_ERRORS = Counter("emberlake_relist_errors_total", "Full lists that failed")
RELISTED = Gauge("emberlake_last_relist_timestamp_seconds", "When the last full list ended, as Unix time")
EVENTS = Counter(
    "emberlake_events_total",
    "Kubernetes Events: Posted, Refused, or dropped: RateLimited, QueueFull",
    ["result"],
)

for _result in ("Posted", "Refused", "RateLimited", "QueueFull"):
    EVENTS.labels(_result)
