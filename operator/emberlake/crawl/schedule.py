"""Times of a cron schedule. Pure: the present comes in as a value."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from emberlake.api.v1alpha1.crawl import Schedule


def next_after(schedule: Schedule, moment: datetime) -> datetime:
    """The first time of `schedule` after `moment`, in UTC.

    Raises:
        ValueError: names the field that is wrong.
    """
    try:
        zone = ZoneInfo(schedule.time_zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(
            f"spec.schedule.timeZone {schedule.time_zone!r} is no IANA time zone, such as Europe/Berlin"
        ) from error
    try:
        return next(CronSim(schedule.cron, moment.astimezone(zone))).astimezone(UTC)
    except (CronSimError, StopIteration) as error:
        raise ValueError(
            f"spec.schedule.cron {schedule.cron!r} is not a cron expression with a next time: {error}"
        ) from error
