"""The outcome of a crawl run, from its Job and the termination message of its last pod. Pure."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic.alias_generators import to_camel

from emberlake.api.v1alpha1.common import Category, Failure
from emberlake.api.v1alpha1.crawl import CrawlCounts
from emberlake.core.model import Manifest
from emberlake.core.pods import containers, cut, disruption, terminated, written

_LARGEST = 2**63 - 1


class Summary(BaseModel):
    """What the crawler writes as its termination message."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore")

    outcome: Literal["Succeeded", "Failed"]
    category: Category | Literal[""] = ""
    # No longer than the status takes them: a status that is refused is refused for ever.
    reason: str = Field(min_length=1, max_length=128)
    message: str = Field(max_length=4096)
    counts: CrawlCounts = Field(default_factory=CrawlCounts)
    tables: list[Annotated[str, Field(max_length=256)]] = Field(default_factory=list)
    readable_by: list[Annotated[str, Field(max_length=256)]] = Field(default_factory=list)
    report_uri: str | None = Field(None, max_length=1024)

    @field_validator("counts")
    @classmethod
    def _fits(cls, counts: CrawlCounts) -> CrawlCounts:
        if any(abs(count) > _LARGEST for count in counts.model_dump().values()):
            raise ValueError("a count is no 64-bit number")
        return counts


def job_ended(job: Manifest) -> str | None:
    """Complete or Failed once the Job has ended, else None."""
    for condition in job.get("status", {}).get("conditions") or ():
        if condition["type"] in ("Complete", "Failed") and condition["status"] == "True":
            return str(condition["type"])
    return None


def summary(pods: Sequence[Manifest]) -> Summary | None:
    """The summary of the newest pod that left one."""
    for pod in reversed(pods):
        for container in containers(pod):
            message = (terminated(container) or {}).get("message")
            if message and (found := _parse(message)):
                return found
    return None


def _parse(message: str) -> Summary | None:
    try:
        return Summary.model_validate(written(message))
    except ValidationError:
        return None


def failure(job: Manifest, pods: Sequence[Manifest]) -> Failure:
    """Why a failed Job failed."""
    found = summary(pods)
    if found is not None and found.outcome == "Failed":
        return Failure(category=found.category or "User", reason=found.reason, message=cut(found.message))
    for pod in reversed(pods):
        if killed := _killed(pod):
            return killed
    condition: dict[str, Any] = next(
        (c for c in job.get("status", {}).get("conditions") or () if c["type"] == "Failed"), {}
    )
    return Failure(
        category="Infrastructure",
        reason=condition.get("reason", "JobFailed"),
        message=cut(condition.get("message", "the crawl pod ended without a result")),
    )


def _killed(pod: Manifest) -> Failure | None:
    if found := disruption(pod):
        return found
    for container in containers(pod):
        if (terminated(container) or {}).get("reason") == "OOMKilled":
            message = "the crawler was killed at its memory limit: raise crawler.memory in the chart's values"
            return Failure(category="OutOfMemory", reason="OOMKilled", message=message)
    return None
