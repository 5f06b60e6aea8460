"""What of a table this engine writes at all, and which of its files a write takes the place of. Pure but for
reading manifests.
"""

from collections.abc import Iterator, Mapping

from pyiceberg.expressions import BooleanExpression
from pyiceberg.expressions.visitors import (
    ROWS_MUST_MATCH,
    _InclusiveMetricsEvaluator,
    _StrictMetricsEvaluator,
    residual_evaluator_of,
)
from pyiceberg.io import FileIO
from pyiceberg.manifest import DataFile, ManifestContent
from pyiceberg.schema import Schema
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.typedef import Record

from emberlake.sail import partition
from emberlake.sail.writes import RejectedWriteError, UnsupportedWriteError

WRITE_ID = "emberlake.write-id"


def check(metadata: TableMetadata) -> None:
    """Raises UnsupportedWriteError for a table that is Spark's to write."""
    check_properties(metadata.properties)
    if metadata.format_version > 2:
        raise _not_written(f"format-v{metadata.format_version}", f"format-version {metadata.format_version}")
    main = metadata.refs.get("main")
    if main and (main.max_snapshot_age_ms or main.min_snapshots_to_keep):
        raise _not_written("branch-retention", "rules of its own for keeping snapshots of main")
    partition.check_spec(metadata.spec(), metadata.schema())


def check_properties(properties: Mapping[str, str]) -> None:
    """Raises UnsupportedWriteError for properties that ask for what PyIceberg does not do."""
    version = properties.get("format-version", "2")
    if version not in {"1", "2"}:
        raise _not_written(f"format-v{version}", f"format-version {version}")
    if (written := properties.get("write.format.default", "parquet").lower()) != "parquet":
        raise _not_written("file-format", f"write.format.default {written}")
    if any(key.startswith("encryption.") for key in properties):
        raise _not_written("encryption", "encrypted files")
    if properties.get("engine.hive.lock-enabled", "true").lower() == "false":
        raise _not_written("lock", "engine.hive.lock-enabled false: its writers do not wait for one another")
    if "write.location-provider.impl" in properties:
        raise _not_written("location-provider", "a location provider of its own")


def _not_written(what: str, has: str) -> UnsupportedWriteError:
    return UnsupportedWriteError(f"write.{what}", f"the table has {has}, which is not written on Sail")


def earlier(metadata: TableMetadata, write_id: str) -> int | None:
    """The snapshot that this write made, if an attempt before has committed it."""
    for snapshot in metadata.snapshots:
        if snapshot.summary and snapshot.summary.additional_properties.get(WRITE_ID) == write_id:
            return int(snapshot.snapshot_id)
    return None


def in_partitions(metadata: TableMetadata, store: FileIO, added: list[DataFile]) -> list[DataFile]:
    """Files in the partitions of those that are added; all files of a table without partitions."""
    if metadata.spec().is_unpartitioned():
        return list(_data_files(metadata, store))
    touched: set[Record] = {file.partition for file in added}
    default = metadata.default_spec_id
    return [
        file for file in _data_files(metadata, store) if file.spec_id == default and file.partition in touched
    ]


def matching(metadata: TableMetadata, store: FileIO, where: BooleanExpression) -> list[DataFile]:
    """Files all rows of which match.

    Raises:
        RejectedWriteError: only some rows of a file may match; Iceberg's overwrite in Spark refuses it too.
    """
    schema, found = metadata.schema(), []
    for file in _data_files(metadata, store):
        spec = metadata.specs()[file.spec_id]
        rest = residual_evaluator_of(spec, where, False, schema).residual_for(file.partition)
        if not _may(schema, rest, file):
            continue
        if not _must(schema, rest, file):
            raise RejectedWriteError(
                "CANNOT_OVERWRITE",
                f"only a part of the rows of {file.file_path} may match {where}: overwrite whole files,"
                " such as whole partitions, or use DELETE and INSERT on Spark",
            )
        found.append(file)
    return found


def _may(schema: Schema, where: BooleanExpression, file: DataFile) -> bool:
    return bool(_InclusiveMetricsEvaluator(schema, where, case_sensitive=False).eval(file))


def _must(schema: Schema, where: BooleanExpression, file: DataFile) -> bool:
    return bool(_StrictMetricsEvaluator(schema, where, case_sensitive=False).eval(file) == ROWS_MUST_MATCH)


def _data_files(metadata: TableMetadata, store: FileIO) -> Iterator[DataFile]:
    snapshot = metadata.current_snapshot()
    for manifest in snapshot.manifests(store) if snapshot else ():
        if manifest.content == ManifestContent.DATA:
            for entry in manifest.fetch_manifest_entry(store, discard_deleted=True):
                yield entry.data_file
