"""Why a driver failed: category, reason and a message that a person can act on."""

from emberlake.sparkjob.failure.executors import no_executors
from emberlake.sparkjob.failure.verdict import classify

__all__ = ["classify", "no_executors"]
