"""Catalog: one lakehouse, from which every engine's configuration is rendered."""

from typing import Annotated, ClassVar

from pydantic import Field

from emberlake.api.v1alpha1.common import (
    BaseStatus,
    Column,
    Model,
    ObjectName,
    Resource,
    Rule,
    S3Uri,
    SqlName,
    StatusModel,
)


class Metastore(Model):
    """Where the Hive metastore answers."""

    uris: list[Annotated[str, Field(pattern=r"^thrift://[A-Za-z0-9.-]+:[0-9]{1,5}$", max_length=256)]] = (
        Field(min_length=1, max_length=5, description="Thrift addresses, tried in order.")
    )


class Credentials(Model):
    """A Secret with AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and optionally AWS_SESSION_TOKEN."""

    secret_name: ObjectName = Field(description="Name of a Secret in the namespace of the Catalog.")


class S3(Model):
    """How the object store is reached."""

    endpoint: str | None = Field(
        None,
        pattern=r"^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?$",
        max_length=256,
        description="Address; default: AWS of the region.",
    )
    region: str = Field("us-east-1", max_length=64, description="Region of the buckets.")
    path_style: bool = Field(False, description="Put the bucket into the path, not into the host name.")
    credentials: Credentials | None = Field(
        None, description="Without it the SDK's default chain is used (pod identity)."
    )


class CatalogSpec(Model):
    """Everything that must agree between Spark, Trino and the crawler."""

    cel: ClassVar[tuple[Rule, ...]] = (
        Rule(
            rule="!has(self.sqlName) || !self.sqlName.endsWith('_hive')",
            message="sqlName must not end in _hive: Trino lists the Hive tables of a catalog under that name",
            field_path=".sqlName",
        ),
    )

    sql_name: SqlName | None = Field(
        None,
        description="Name in SQL; default: the object's name with - as _. Trino adds <sqlName>_hive and"
        " <sqlName>_delta.",
    )
    metastore: Metastore = Field(description="The Hive metastore that holds the tables.")
    warehouse: S3Uri = Field(description="Where new tables are stored, for example s3://lake/warehouse.")
    system: S3Uri = Field(
        description="Prefix for reports, event logs and uploads, for example s3://lake/_emberlake/."
    )
    s3: S3 = Field(
        default_factory=lambda: S3.model_validate({}), description="How the object store is reached."
    )


class CatalogCheck(StatusModel):
    """What the last check of the bucket said."""

    generation: int = Field(description="The generation that was checked.")
    attempt: int = Field(description="How often this generation was checked.")
    outcome: str = Field(max_length=32, description="Passed, Failed or Running.")
    reason: str = Field("", max_length=128)
    message: str = Field("", max_length=2048)
    finished_at: str | None = Field(None, max_length=64)


class CatalogStatus(BaseStatus):
    """Observed state of a Catalog."""

    sql_name: str | None = Field(None, max_length=63, description="The name in SQL in effect.")
    check: CatalogCheck | None = Field(None, description="The check of the bucket.")
    last_handled_request: str | None = Field(None, max_length=64)


class Catalog(Resource):
    """The Catalog kind."""

    kind = "Catalog"
    plural = "catalogs"
    short_name = "cat"
    description = "A lakehouse: a Hive metastore and a bucket, from which every engine is configured."
    spec_model = CatalogSpec
    status_model = CatalogStatus
    columns = (
        Column(name="State", path=".status.state"),
        Column(name="SQL Name", path=".status.sqlName"),
        Column(name="Warehouse", path=".spec.warehouse", priority=1),
        Column(name="Reason", path=".status.reason"),
        Column(name="Age", path=".metadata.creationTimestamp", type="date"),
    )
