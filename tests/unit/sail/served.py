"""A gateway before a real Sail, with a session of the script's, and tables that are lists of rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from emberlake.sail.config import SailConfig
from emberlake.sail.gateway import Gateway
from emberlake.sail.refusal import Refusal
from emberlake.sail.verified import Verified
from emberlake.sail.writes import RejectedWriteError, Write, Written


@dataclass
class Tables:
    """Takes writes as the Committer does.

    `existing`: what can be appended to; `told`: for each write, what `committing` had been told by then.
    """

    existing: set[str] = field(default_factory=set)
    written: list[tuple[Write, pa.Table]] = field(default_factory=list)
    committing: list[int] = field(default_factory=list)
    told: list[list[int]] = field(default_factory=list)

    def write(self, write: Write, batches: Iterator[pa.RecordBatch], schema: pa.Schema) -> Written:
        if write.mode == "append" and str(write.target) not in self.existing:
            raise RejectedWriteError("TABLE_OR_VIEW_NOT_FOUND", f"there is no table {write.target}")
        rows = pa.Table.from_batches(batches, schema)
        self.written.append((write, rows))
        self.told.append(list(self.committing))
        return Written(len(self.written), rows.num_rows)


@dataclass
class Served:
    gateway: Gateway
    spark: SparkSession
    tables: Tables
    refusals: list[Refusal]


# a session that the garbage collector ends in a thread of the gateway waits for that thread: it is kept
_SESSIONS: list[SparkSession] = []


def kept(session: SparkSession) -> SparkSession:
    """The session, which lives as long as the process."""
    _SESSIONS.append(session)
    return session


@contextmanager
def served(
    sail: str, engine: Literal["Sail", "Auto"], verified: Verified | None = None, tables: Tables | None = None
) -> Iterator[Served]:
    """A session through a gateway of its own."""
    tables, refusals = tables or Tables(), list[Refusal]()
    config = SailConfig(engine, "Python", "s3://b/app.py", "uid/1", 1)
    gateway = Gateway(sail, config, lambda: tables, refusals.append, verified, tables.committing.append)
    spark = kept(SparkSession.builder.remote(f"sc://127.0.0.1:{gateway.start()}").create())
    try:
        yield Served(gateway, spark, tables, refusals)
    finally:
        spark.stop()
        gateway.stop(0)


def carried_out(asked: object) -> None:
    """Ask for the rows of a DataFrame: a query is judged when they are asked for."""
    if isinstance(asked, DataFrame):
        asked.collect()
