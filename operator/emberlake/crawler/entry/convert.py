"""Loads what no engine reads as it lies into an Iceberg table, in one commit: all rows or none."""

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa
from pyiceberg.catalog import Catalog, load_catalog
from pyiceberg.exceptions import CommitFailedException, NoSuchTableError
from pyiceberg.expressions import AlwaysTrue
from pyiceberg.table import Transaction
from thrift.Thrift import TException
from thrift.transport import TTransport

from emberlake.clients import storeio
from emberlake.clients.storeio import StoreIO
from emberlake.crawler.config import CatalogSettings, CrawlConfig
from emberlake.crawler.decide.decision import Decision
from emberlake.crawler.decide.types import HiveType
from emberlake.crawler.entry.conversion import (
    CONVERTED_FROM,
    LOADED_BY,
    SOURCE,
    fingerprint,
    loaded_type,
)
from emberlake.crawler.entry.policy import RUN_ID
from emberlake.crawler.entry.render import UPDATED_BY
from emberlake.crawler.failure import Problem, RetryableError
from emberlake.crawler.files.rows import table_rows
from emberlake.crawler.listing.store import ObjectStore

BATCH_ROWS, BATCH_BYTES = 50_000, 64 * 1024 * 1024
# seven minutes, with pauses of 2, 4 up to 60 s: by then the metastore took the lock of a killed run away
LOCK_CHECKS = 12
# about what Python needs for a value beside its text
_VALUE_BYTES = 64
_ARROW = {
    "boolean": pa.bool_(), "tinyint": pa.int32(), "smallint": pa.int32(), "int": pa.int32(),
    "bigint": pa.int64(), "float": pa.float32(), "double": pa.float64(), "string": pa.string(),
    "binary": pa.binary(), "date": pa.date32(), "timestamp": pa.timestamp("us"),
}  # fmt: skip


def convert(config: CrawlConfig, store: ObjectStore, decision: Decision, name: str) -> None:
    """Make table `name` hold the rows of the folder.

    Killed at any moment, the table is as it was before, or not there. Raises Problem for rows that do not
    fit their types and for what the metastore refuses, RetryableError when another writer was faster.
    """
    try:
        with _transaction(config, decision, name) as transaction:
            _fill(transaction, store, decision, snapshot_properties(config))
    except CommitFailedException as error:
        raise RetryableError("CommitConflict", f"table {config.database}.{name}: {error}") from error
    except TTransport.TTransportException:
        raise
    except TException as error:
        raise Problem(
            decision.candidate.uri,
            "MetastoreRefused",
            f"the metastore refused table {config.database}.{name}: {error}",
        ) from error


def _transaction(config: CrawlConfig, decision: Decision, name: str) -> Transaction:
    """A new table, or one without its earlier rows; nobody sees either before it is committed."""
    catalog, schema = open_catalog(config.catalog), arrow_schema(decision)
    identifier = (config.database, name)
    properties = {
        UPDATED_BY: config.crawler_id,
        RUN_ID: config.run_id,
        CONVERTED_FROM: decision.candidate.uri,
        SOURCE: fingerprint(decision),
        "classification": decision.classification or decision.format,
    }
    try:
        table = catalog.load_table(identifier)
    except NoSuchTableError:
        location = _location(config, name)
        return catalog.create_table_transaction(identifier, schema, location=location, properties=properties)
    transaction = table.transaction()
    with transaction.update_schema() as update:
        update.union_by_name(schema)
    transaction.delete(AlwaysTrue(), snapshot_properties=snapshot_properties(config))
    transaction.set_properties(properties)
    return transaction


def snapshot_properties(config: CrawlConfig) -> dict[str, str]:
    """What tells in a snapshot which run wrote it."""
    return {LOADED_BY: config.run_id}


def _fill(transaction: Transaction, store: ObjectStore, decision: Decision, told: dict[str, str]) -> None:
    schema = arrow_schema(decision)
    for batch in _batches(table_rows(store, decision)):
        transaction.append(pa.Table.from_pylist(batch, schema), snapshot_properties=told)


def _batches(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Rows in lists of at most `BATCH_ROWS` and about `BATCH_BYTES`: a batch is a data file."""
    batch: list[dict[str, Any]] = []
    size = 0
    for row in rows:
        batch.append(row)
        size += _size(row)
        if len(batch) >= BATCH_ROWS or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _size(value: Any) -> int:
    """About how many bytes of memory a value takes."""
    if isinstance(value, str):
        return _VALUE_BYTES + len(value)
    if isinstance(value, Mapping):
        return _VALUE_BYTES + sum(map(_size, value.values()))
    return _VALUE_BYTES + (sum(map(_size, value)) if isinstance(value, list) else 0)


def arrow_schema(decision: Decision) -> pa.Schema:
    """The columns and the partition keys as Arrow, and so Iceberg, has them."""
    columns = [(column.name, loaded_type(column)) for column in decision.columns]
    keys = [(key.name, key.type) for key in decision.keys]
    return pa.schema([(name, arrow_type(kind)) for name, kind in (*columns, *keys)])


def arrow_type(kind: HiveType) -> pa.DataType:
    """Arrow's type of a Hive type."""
    if kind.name == "struct":
        return pa.struct([(name, arrow_type(inner)) for name, inner in kind.fields])
    if kind.name == "array":
        return pa.list_(arrow_type(kind.items[0]))
    if kind.name == "map":
        key, value = map(arrow_type, kind.items)
        return pa.map_(key, value)
    if kind.name.startswith("decimal"):
        precision, scale = kind.name[len("decimal(") : -1].split(",")
        return pa.decimal128(int(precision), int(scale))
    return _ARROW[kind.name]


def _location(config: CrawlConfig, name: str) -> str:
    warehouse = config.catalog.warehouse
    return warehouse.uri(f"{warehouse.prefix}{config.database}.db/{name}")


def open_catalog(settings: CatalogSettings) -> Catalog:
    """The Catalog's metastore, and its object store through the crawler's own client."""
    return load_catalog(
        settings.name,
        **{
            "type": "hive",
            "uri": ",".join(settings.metastore_uris),
            "lock-check-retries": str(LOCK_CHECKS),
            "py-io-impl": f"{StoreIO.__module__}.{StoreIO.__name__}",
            storeio.ENDPOINT: settings.s3.endpoint or "",
            storeio.REGION: settings.s3.region,
            storeio.PATH_STYLE: str(settings.s3.path_style),
        },
    )
