"""Runs inside Spark: each query once and a few writes, and prints how long each took.

usage: power.py SCHEMA QUERIES-URI [SETTINGS]
SETTINGS is a JSON object of names and session settings: each query then runs under each of them in turns,
when it has run once, and no write is made.
A line of the log that begins with BENCH is the JSON of one measurement.
"""

import hashlib
import json
import sys
import time
from collections.abc import Callable

from pyspark.sql import SparkSession

WRITES = {
    "write: partitioned table": """
        CREATE TABLE {scratch} USING iceberg PARTITIONED BY (months(l_shipdate))
        AS SELECT * FROM lineitem""",
    "write: merge": """
        MERGE INTO {scratch} t
        USING (SELECT l_orderkey, l_linenumber, l_discount FROM lineitem WHERE l_orderkey % 10 = 0) s
        ON t.l_orderkey = s.l_orderkey AND t.l_linenumber = s.l_linenumber
        WHEN MATCHED THEN UPDATE SET t.l_discount = s.l_discount""",
    "write: append": "INSERT INTO {scratch} SELECT * FROM lineitem WHERE l_orderkey % 4 = 0",
    "write: delete": "DELETE FROM {scratch} WHERE l_orderkey % 7 = 0",
}


def main() -> None:
    """Measure everything in order."""
    schema, queries, *settings = sys.argv[1:]
    spark = SparkSession.builder.getOrCreate()
    spark.sql(f"USE {schema}")
    found = spark.sparkContext.wholeTextFiles(queries).collect()
    texts = {name.rsplit("/", 1)[1].removesuffix(".sql"): text for name, text in sorted(found)}
    if settings:
        compare(spark, texts, json.loads(settings[0]))
    else:
        once(spark, texts, schema)
    spark.stop()


def compare(spark: SparkSession, texts: dict[str, str], settings: dict[str, dict[str, str]]) -> None:
    """Each query under each of the settings."""
    for query, text in texts.items():
        answer(spark, text)
        for name, conf in settings.items():
            for key, value in conf.items():
                spark.conf.set(key, value)
            measure(f"{name}: {query}", lambda text=text: answer(spark, text))
            for key in conf:
                spark.conf.unset(key)


def once(spark: SparkSession, texts: dict[str, str], schema: str) -> None:
    """Each query and each write, in order."""
    for name, text in texts.items():
        measure(name, lambda text=text: answer(spark, text))
    scratch = f"{schema}.scratch_{spark.sparkContext.applicationId.replace('-', '_')}"
    for name, text in WRITES.items():
        measure(name, lambda text=text: answer(spark, text.format(scratch=scratch)))
    spark.sql(f"DROP TABLE {scratch} PURGE")


def answer(spark: SparkSession, text: str) -> str:
    """A digest of the rows, the same whatever the order of equal ones."""
    rows = sorted(str(row) for row in spark.sql(text).collect())
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()[:12]


def measure(name: str, run: Callable[[], str]) -> None:
    """Print the seconds that `run` took, and its digest."""
    start = time.monotonic()
    digest = run()
    print(
        "BENCH", json.dumps({"name": name, "seconds": time.monotonic() - start, "digest": digest}), flush=True
    )


if __name__ == "__main__":
    main()
