"""What people ask of a SparkJob, by annotations and by changing its spec. Pure."""

from typing import TYPE_CHECKING

from emberlake.api import CANCEL_REQUESTED_AT, REQUESTED_AT
from emberlake.core.objects import digest

if TYPE_CHECKING:
    from emberlake.sparkjob.observe import Observed

# How a run is watched over, not what it does: changing it is no reason to run again.
_IRRELEVANT = (
    "suspend",
    "rerunOn",
    "timeouts",
    "retry",
    "retention",
    "ttlAfterFinished",
    "ui",
    "monitoring",
)
_TOKEN_LENGTH = 64


def spec_hash(observed: "Observed") -> str:
    """Hash of what a run depends on, without fields at their default: an upgrade changes no hash."""
    document = observed.spec.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return digest({key: value for key, value in document.items() if key not in _IRRELEVANT})


def run_asked(observed: "Observed") -> str | None:
    """The request for a run, None without one; compare with `lastHandledRequest`."""
    return _token(observed.owner.annotations.get(REQUESTED_AT))


def cancel_asked(observed: "Observed") -> str | None:
    """The request to cancel that was not handled yet."""
    asked = _token(observed.owner.annotations.get(CANCEL_REQUESTED_AT))
    return asked if asked != observed.status.last_handled_cancel else None


def wants_run(observed: "Observed") -> bool:
    """Whether a run is to begin, now that none is active."""
    status = observed.status
    asked = run_asked(observed)
    if status.run == 0 or (asked and asked != status.last_handled_request):
        return True
    return observed.spec.rerun_on == "Change" and status.spec_hash != spec_hash(observed)


def _token(value: str | None) -> str | None:
    """An annotation's value as the status can hold it, however long it is."""
    if value is None or len(value) <= _TOKEN_LENGTH:
        return value or None
    return "sha256-" + digest({"value": value}, _TOKEN_LENGTH - len("sha256-"))
