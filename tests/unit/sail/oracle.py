"""SQLite beside a session of Spark Connect: the same tables, the same queries."""

import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pyspark.sql import DataFrame, SparkSession

Row = tuple[int | None, ...]


@dataclass(frozen=True)
class Oracle:
    """Both engines, which have the tables."""

    spark: SparkSession
    sqlite: sqlite3.Connection

    def check(self, text: str, asked: DataFrame | None = None) -> None:
        """That Spark's rows of the query, or of what is `asked`, are SQLite's of the query."""
        rows = [tuple(row) for row in (asked or self.spark.sql(text)).collect()]
        assert Counter(rows) == Counter(self.sqlite.execute(text).fetchall())


def oracle(spark: SparkSession, tables: Mapping[str, Sequence[Row]]) -> Oracle:
    """The session has the tables as views; their columns are integers, named a, b, c."""
    schema = "a int, b int, c int"
    sqlite = sqlite3.connect(":memory:")
    for name, rows in tables.items():
        spark.createDataFrame(rows, schema).createOrReplaceTempView(name)
        sqlite.execute(f"CREATE TABLE {name}({schema})")
        sqlite.executemany(f"INSERT INTO {name} VALUES (?, ?, ?)", rows)
    return Oracle(spark, sqlite)
