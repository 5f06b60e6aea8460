"""The plans that `make test` runs."""

SAMPLE = ("job-succeeds/kill-before/1",)
