"""What annotations ask of a Crawl beside a run: a plan, or the way back to an earlier run. Pure."""

from dataclasses import dataclass, field

from emberlake.api import PLAN_REQUESTED_AT, ROLLBACK_TO
from emberlake.api.v1alpha1.crawl import CrawlStatus, Mode
from emberlake.core.model import Owner

# What is said of another mode than Crawl is for one run: the next one starts without it.
_HANDLED = {PLAN_REQUESTED_AT: "lastHandledPlan", ROLLBACK_TO: "lastHandledRollback"}


@dataclass(frozen=True)
class Start:
    """A run to start. `handled`: fields of the status that tell that its request was taken up."""

    mode: Mode
    handled: dict[str, str] = field(default_factory=dict)
    rollback_to: int | None = None


def asked(owner: Owner, status: CrawlStatus) -> Start | None:
    """The run that an annotation asks for and that was not handled; a rollback before a plan.

    Raises:
        ValueError: names the annotation whose value is no earlier run.
    """
    back = owner.annotations.get(ROLLBACK_TO)
    if back and back != status.last_handled_rollback:
        return Start("Rollback", {_HANDLED[ROLLBACK_TO]: back}, _run(back, status.run))
    plan = owner.annotations.get(PLAN_REQUESTED_AT)
    if plan and plan != status.last_handled_plan:
        return Start("Plan", {_HANDLED[PLAN_REQUESTED_AT]: plan})
    return None


def _run(text: str, last: int) -> int:
    """The run in `12` or `12@anything`: what stands behind the @ makes a second request for it another."""
    number = text.partition("@")[0]
    if not number.isdecimal() or int(number) > last:
        raise ValueError(
            f"annotation {ROLLBACK_TO} is {text!r}: write the number of a run, 0 to {last}; 0 takes all back"
        )
    return int(number)
