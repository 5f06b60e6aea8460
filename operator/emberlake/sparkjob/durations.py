"""Durations as spans of time that every calendar can hold. Pure."""

from datetime import datetime, timedelta

from emberlake.api.quantity import duration_seconds

# A duration may have 15 digits; beyond some years it means for ever.
_FOR_EVER = 100 * 365 * 86400


def seconds(duration: str) -> int:
    """Seconds of a duration such as `15m`, at most a hundred years."""
    return min(duration_seconds(duration), _FOR_EVER)


def later(moment: datetime, duration: str | float) -> datetime:
    """The moment so much later; `duration` as users write it, or in seconds."""
    return moment + timedelta(seconds=seconds(duration) if isinstance(duration, str) else duration)
