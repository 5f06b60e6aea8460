"""The reconciler: watch source, queue, cache, apply, conditions, lease, metrics. It knows no kind."""
