"""What a script writes, as the gateway hands it to `commit.Committer`; and the ways in which it can end.

    committer = Committer(config.catalogs)
    committer.write(write, batches, schema) -> Written

`batches` is read lazily: what can be refused by the table and the schema is refused before its first row.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # half a second of a program's start that has nothing to write
    from pyiceberg.expressions import BooleanExpression


class Mode(StrEnum):
    """What happens to the rows, or the table, that are there."""

    APPEND = "append"
    # the partitions that have rows in the write are replaced, the others stay (Spark's dynamic overwrite)
    OVERWRITE_PARTITIONS = "overwrite-partitions"
    # the rows that `Write.where` matches are replaced, all of them without one
    OVERWRITE = "overwrite"
    CREATE = "create"
    CREATE_IF_ABSENT = "create-if-absent"
    # the table gets the schema, the partitions and the rows of the write; its earlier snapshots stay
    REPLACE = "replace"
    CREATE_OR_REPLACE = "create-or-replace"


DEFINING = frozenset({Mode.CREATE, Mode.CREATE_IF_ABSENT, Mode.REPLACE, Mode.CREATE_OR_REPLACE})


@dataclass(frozen=True)
class Target:
    """A table by its three names; `catalog` is the name in SQL."""

    catalog: str
    database: str
    table: str

    def __str__(self) -> str:
        return f"{self.catalog}.{self.database}.{self.table}"


@dataclass(frozen=True)
class PartitionedBy:
    """One partition field of a new table: a column and Iceberg's transform (`identity`, `bucket[16]`,
    `truncate[4]`, `year`, `month`, `day`, `hour`).
    """

    column: str
    transform: str = "identity"


@dataclass(frozen=True)
class NewTable:
    """What a statement that creates or replaces a table says of it beside the rows. `location`: s3://..."""

    partitioning: tuple[PartitionedBy, ...] = ()
    properties: Mapping[str, str] = field(default_factory=dict)
    comment: str | None = None
    location: str | None = None


@dataclass(frozen=True)
class Write:
    """One write of a script.

    `write_id`: `<run id>/<ordinal of the write in the script>`; a table that has a snapshot of this id is not
    written again. `by_name`: columns are matched by name (DataFrameWriterV2, saveAsTable), else by position
    (insertInto, INSERT without a column list). `where`: the rows that Mode.OVERWRITE replaces, None for all.
    """

    target: Target
    mode: Mode
    write_id: str
    by_name: bool = True
    where: "BooleanExpression | None" = None
    new: NewTable = field(default_factory=NewTable)


@dataclass(frozen=True)
class Written:
    """`rows`: how many were written. `snapshot_id` is None where CREATE_IF_ABSENT found a table.

    `earlier`: an earlier attempt of the run had committed this write, nothing was written now.
    """

    snapshot_id: int | None
    rows: int
    earlier: bool = False


class UnsupportedWriteError(Exception):
    """This engine does not carry out such a write, Spark does. Nothing was written."""

    def __init__(self, feature: str, message: str) -> None:
        super().__init__(message)
        self.feature, self.message = feature, message


class RejectedWriteError(Exception):
    """Spark would refuse it too, with error condition `condition`. Nothing was written."""

    def __init__(self, condition: str, message: str) -> None:
        super().__init__(message)
        self.condition, self.message = condition, message


class WriteFailedError(Exception):
    """The write was not committed: other writers were faster to the end, or the table has changed under it,
    or the metastore or the object store failed. Nothing was written; another attempt may succeed.
    """


class WriteUnknownError(Exception):
    """The metastore gave no answer and cannot be asked: the write was committed whole, or not at all. Another
    attempt of the run finds out by the write's id.
    """
