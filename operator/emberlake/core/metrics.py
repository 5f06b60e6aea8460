"""Prometheus metrics, under controller-runtime's names where they mean the same."""

from prometheus_client import Counter, Gauge, Histogram

LATENCY = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600)

QUEUE_DEPTH = Gauge("workqueue_depth", "Objects that wait for a worker")
QUEUE_SECONDS = Histogram("workqueue_queue_duration_seconds", "Time in the queue", buckets=LATENCY)
RECONCILES = Counter("controller_runtime_reconcile_total", "Reconciles by result", ["controller", "result"])
RECONCILE_SECONDS = Histogram(
    "controller_runtime_reconcile_time_seconds", "Duration of a reconcile", ["controller"], buckets=LATENCY
)
LEADER = Gauge("emberlake_leader", "1 while this replica holds the Lease")
OBJECTS = Gauge("emberlake_objects", "Objects by kind and state", ["kind", "state"])
RELIST_SECONDS = Histogram("emberlake_relist_seconds", "Duration of a full re-list", buckets=LATENCY)
