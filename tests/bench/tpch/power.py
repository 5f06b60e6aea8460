"""Runs inside Spark: each query once and a few writes, and prints how long each took.

usage: power.py SCHEMA QUERIES-URI
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
    schema, queries = sys.argv[1:3]
    spark = SparkSession.builder.getOrCreate()
    spark.sql(f"USE {schema}")
    texts = sorted(spark.sparkContext.wholeTextFiles(queries).collect())
    for name, text in texts:
        measure(name.rsplit("/", 1)[1].removesuffix(".sql"), lambda text=text: answer(spark, text))
    scratch = f"{schema}_scratch_{spark.sparkContext.applicationId.replace('-', '_')}"
    for name, text in WRITES.items():
        measure(name, lambda text=text: answer(spark, text.format(scratch=scratch)))
    spark.sql(f"DROP TABLE {scratch} PURGE")
    spark.stop()


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
