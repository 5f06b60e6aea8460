"""Crawl: finds tables and partitions in a bucket and writes them to the metastore."""

from typing import Annotated, Literal

from pydantic import Field

from emberlake.api.v1alpha1.common import (
    BaseStatus,
    Column,
    Failure,
    Model,
    ObjectName,
    Resource,
    S3Uri,
    SqlName,
    StatusModel,
)

Mode = Literal["Crawl", "Plan", "Rollback"]


class S3Target(Model):
    """Objects under one prefix."""

    uri: S3Uri = Field(description="Prefix to crawl, for example s3://lake/raw/.")
    exclude: list[Annotated[str, Field(max_length=512)]] = Field(
        default_factory=list, max_length=100, description="Globs relative to uri, as in AWS Glue."
    )
    sample_size: Annotated[int, Field(ge=1, le=249)] | None = Field(
        None, description="Files that are looked at in each leaf folder; default: what the crawl decides."
    )


class Target(Model):
    """One place to crawl."""

    s3: S3Target = Field(description="A prefix in an S3 bucket.")


class Schedule(Model):
    """When a crawl runs by itself."""

    cron: str = Field(
        max_length=128,
        pattern=r"^\S+(\s+\S+){4}$",
        description="Five cron fields: minute hour day month weekday.",
    )
    time_zone: str = Field("UTC", max_length=64, description="IANA time zone of the cron fields.")


class Grouping(Model):
    """Which folders are one table."""

    policy: Literal["Similar", "Compatible"] = Field(
        "Similar",
        description="Similar: folders of one format whose columns are alike; Compatible: of one format.",
    )
    threshold: Annotated[float, Field(ge=0, le=1)] = Field(
        0.7, description="Share of the folders of a level that must be alike to be one table (Similar)."
    )
    table_level: Annotated[int, Field(ge=1, le=64)] | None = Field(
        None, description="Level of the tables' folders; the bucket is level 1. Default: found by the crawl."
    )
    max_tables: Annotated[int, Field(ge=1, le=100_000)] = Field(
        1000, description="With more tables than these a run fails and nothing is written."
    )


class Changes(Model):
    """What is done about tables that are there already; new tables and partitions are always made."""

    update: Literal["Merge", "Replace", "Log"] = Field(
        "Merge",
        description="Merge: columns are added and widened; Replace: they become as they are found;"
        " Log: what differs is only reported.",
    )
    delete: Literal["Log", "Deprecate", "Delete"] = Field(
        "Log",
        description="What is done about tables and partitions whose files are gone: report, mark, or drop.",
    )


class CrawlSpec(Model):
    """What to crawl and where to write."""

    catalog: ObjectName = Field(description="The Catalog whose metastore is written.")
    database: SqlName = Field(description="Database of the tables; made when absent.")
    table_prefix: str = Field(
        "", max_length=64, pattern=r"^[a-z0-9_]*$", description="Put before each table's name."
    )
    targets: list[Target] = Field(min_length=1, max_length=32, description="Where to look.")
    classifiers: list[ObjectName] = Field(
        default_factory=list,
        max_length=32,
        description="Classifiers of the namespace, tried in this order before the built-in ones.",
    )
    # Without a default in the schema, which would show them to an operator of the release before.
    grouping: Grouping | None = Field(None, description="Which folders are one table.")
    recrawl: Literal["Everything", "NewFolders"] | None = Field(
        None, description="Everything (default), or NewFolders: only folders that no earlier run has seen."
    )
    changes: Changes | None = Field(None, description="What is done about tables that are there already.")
    convert: Literal["Iceberg"] | None = Field(
        None, description="Iceberg: what no engine reads as it lies is loaded into an Iceberg table."
    )
    schedule: Schedule | None = Field(None, description="Run at these times, not when the spec changes.")
    dry_run: bool = Field(False, description="Decide and report, write nothing to the metastore.")
    suspend: bool = Field(False, description="Start no run; a running one is stopped.")


class CrawlCounts(StatusModel):
    """What a run did."""

    tables_created: int = 0
    tables_updated: int = 0
    tables_unchanged: int = 0
    tables_deleted: int = 0
    tables_deprecated: int = 0
    tables_failed: int = 0
    partitions_added: int = 0
    partitions_updated: int = 0
    partitions_deleted: int = 0
    partitions_unchanged: int = 0
    files: int = 0
    bytes: int = 0


class CrawlProgress(StatusModel):
    """How far a run is."""

    phase: str = Field("", max_length=32, description="Listing, Looking, Deciding or Writing.")
    objects: int = Field(0, description="Objects listed.")
    files: int = Field(0, description="Files sampled to tell folders apart.")
    tables: int = Field(0, description="Tables decided.")
    tables_found: int = Field(0, description="Tables to decide.")
    partitions: int = Field(0, description="Partitions written.")
    seconds_left: int | None = Field(
        None, description="Until all tables are decided, as far as one can tell."
    )


class CrawlRun(StatusModel):
    """One of the last runs."""

    run: int
    mode: Mode = "Crawl"
    state: str = Field("", max_length=32)
    reason: str = Field("", max_length=128)
    started_at: str | None = Field(None, max_length=64)
    finished_at: str | None = Field(None, max_length=64)
    created: int = 0
    updated: int = 0
    deleted: int = 0


class CrawlStatus(BaseStatus):
    """Observed state of a Crawl."""

    run: int = Field(0, description="Number of the current or last run.")
    mode: Mode | None = Field(None, description="What that run does: Crawl, Plan (a dry run), Rollback.")
    rollback_to: int | None = Field(None, description="The run whose tables a Rollback restores.")
    job_uid: str | None = Field(None, max_length=64, description="UID of the run's Kubernetes Job.")
    spec_hash: str | None = Field(None, max_length=64, description="Hash of the spec that ran.")
    classifiers_hash: str | None = Field(
        None, max_length=64, description="Hash of the Classifiers that the last run used."
    )
    counts: CrawlCounts | None = Field(None)
    progress: CrawlProgress | None = Field(None, description="How far the run is, while it runs.")
    history: list[CrawlRun] = Field(default_factory=list, max_length=20, description="The last runs.")
    tables: list[Annotated[str, Field(max_length=256)]] = Field(default_factory=list, max_length=20)
    readable_by: list[Annotated[str, Field(max_length=256)]] = Field(
        default_factory=list,
        max_length=20,
        description="Tables that not both engines read natively, with how they do, or why they do not.",
    )
    report_uri: str | None = Field(None, max_length=1024, description="Where the full report lies.")
    next_run_at: str | None = Field(None, max_length=64, description="When the schedule runs it next.")
    last_scheduled_at: str | None = Field(None, max_length=64, description="The last scheduled time handled.")
    last_handled_request: str | None = Field(None, max_length=64)
    last_handled_plan: str | None = Field(None, max_length=64)
    last_handled_rollback: str | None = Field(None, max_length=256)
    last_handled_cancel: str | None = Field(None, max_length=64)
    waiting_since: str | None = Field(None, max_length=64)
    started_at: str | None = Field(None, max_length=64)
    finished_at: str | None = Field(None, max_length=64)
    failure: Failure | None = Field(None)


class Crawl(Resource):
    """The Crawl kind."""

    kind = "Crawl"
    plural = "crawls"
    short_name = "crawl"
    description = "A crawler: finds tables and partitions in S3 and writes them to the metastore."
    spec_model = CrawlSpec
    status_model = CrawlStatus
    columns = (
        Column(name="State", path=".status.state"),
        Column(name="Mode", path=".status.mode"),
        Column(name="Run", path=".status.run", type="integer"),
        Column(name="Created", path=".status.counts.tablesCreated", type="integer"),
        Column(name="Updated", path=".status.counts.tablesUpdated", type="integer"),
        Column(name="Partitions", path=".status.counts.partitionsAdded", type="integer"),
        Column(name="Finished", path=".status.finishedAt", type="date"),
        Column(name="Reason", path=".status.reason"),
        Column(name="Message", path=".status.message", priority=1),
        Column(name="Age", path=".metadata.creationTimestamp", type="date"),
    )
