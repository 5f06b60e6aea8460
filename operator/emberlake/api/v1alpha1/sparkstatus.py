"""What the status of a SparkJob tells."""

from typing import Annotated, Literal

from pydantic import Field

from emberlake.api.v1alpha1.common import BaseStatus, Category, Failure, StatusModel

# What runs an attempt; a job may leave the choice to the operator.
Engine = Literal["Spark", "Sail"]
HISTORY = 10


class Attempt(StatusModel):
    """One driver pod."""

    number: int = Field(description="Counts from 1 within the run.")
    pod: str = Field(max_length=253, description="Name of the driver pod.")
    pod_uid: str | None = Field(None, max_length=64, description="Once set, a missing pod is a lost attempt.")
    engine: Engine = Field("Spark", description="What runs it.")
    application_id: str = Field(max_length=64, description="Spark's application id.")
    created_at: str = Field(max_length=64)
    running_at: str | None = Field(None, max_length=64, description="When the driver was first seen to run.")
    executors_at: str | None = Field(None, max_length=64, description="When a first executor ran.")
    ended: str | None = Field(None, max_length=64, description="Why it was stopped before its end.")
    secrets: list[Annotated[str, Field(max_length=253)]] | None = Field(
        None, max_length=1024, description="Secrets that its executors may refer to."
    )


class PastAttempt(StatusModel):
    """An attempt that failed and was tried again."""

    number: int
    pod: str = Field(max_length=253)
    created_at: str = Field(max_length=64)
    finished_at: str = Field(max_length=64)
    category: Category
    reason: str = Field(max_length=128)


class Retries(StatusModel):
    """Retries of the current run."""

    counted: int = Field(0, description="Against retry.limit.")
    infrastructure: int = Field(0, description="Of Infrastructure and Evicted: not counted, at most 20.")
    infrastructure_since: str | None = Field(None, max_length=64, description="Of the first of them.")
    recent: list[Annotated[str, Field(max_length=64)]] = Field(
        default_factory=list, max_length=60, description="Times of the retries of the last hour (perHour)."
    )
    at: str | None = Field(None, max_length=64, description="When the next attempt starts.")


class HandedOver(StatusModel):
    """Why a run with engine Auto is on Spark."""

    reason: str = Field(
        max_length=128, description="UnfitForSail: at its start; UnsupportedByEngine, OutOfMemory: later."
    )
    message: str = Field(max_length=2048, description="What Sail cannot do.")
    at: str = Field(max_length=64)


class SparkJobStatus(BaseStatus):
    """Observed state of a SparkJob."""

    run: int = Field(0, description="Number of the current or last run.")
    engine: Engine | None = Field(None, description="Of the current or last attempt.")
    handed_over: HandedOver | None = Field(None)
    sail_writes: Literal["Committed", "Unknown"] | None = Field(
        None,
        description="What earlier attempts of this run wrote on Sail; Unknown: one ended without telling.",
    )
    attempt: Attempt | None = Field(None, description="The current or last attempt.")
    past_attempts: list[PastAttempt] = Field(
        default_factory=list, max_length=HISTORY, description="The last failed attempts of this run."
    )
    retries: Retries | None = Field(None)
    spec_hash: str | None = Field(None, max_length=64, description="Hash of the run-relevant spec that ran.")
    last_handled_request: str | None = Field(None, max_length=64)
    last_handled_cancel: str | None = Field(None, max_length=64)
    waiting_since: str | None = Field(None, max_length=64)
    suspended_at: str | None = Field(None, max_length=64, description="Since when it is suspended.")
    suspended_seconds: int = Field(
        0, description="How long this run was suspended before that; timeouts.run does not count it."
    )
    started_at: str | None = Field(None, max_length=64)
    finished_at: str | None = Field(None, max_length=64)
    released_at: str | None = Field(
        None, max_length=64, description="When retention removed the pods and ConfigMaps."
    )
    failure: Failure | None = Field(None)
