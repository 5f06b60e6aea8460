"""Appends rows to an Iceberg table, each in a commit of its own, beside other engines: TABLE FIRST COMMITS
ENGINES.

Each engine writes its name as `text`; after the first row this one waits for a row of each.
"""

import sys
import time

from pyspark.sql import SparkSession

table, first, commits = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
engines = set(sys.argv[4].split(","))
spark = SparkSession.builder.getOrCreate()


def begun() -> set[str]:
    spark.sql(f"REFRESH TABLE {table}")
    return {row["text"] for row in spark.table(table).select("text").collect()}


for number in range(first, first + commits):
    spark.sql(f"INSERT INTO {table} VALUES ({number}, DATE '2024-02-01', 'spark')")
    print("COMMITTED", number, flush=True)
    while number == first and not begun() >= engines:
        time.sleep(0.5)
spark.stop()
