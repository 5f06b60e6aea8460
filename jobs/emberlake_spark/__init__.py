"""Programs that run inside Spark's pods."""
