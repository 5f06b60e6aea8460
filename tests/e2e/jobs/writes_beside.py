"""Appends rows to an Iceberg table, each in a commit of its own, beside other writers: TABLE FIRST COMMITS.

Then waits until a row says that the others are done too, and prints all rows as it sees them.
"""

import json
import sys
import time

from pyspark.sql import SparkSession

table, first, commits = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
spark = SparkSession.builder.getOrCreate()
for number in range(first, first + commits):
    row = spark.sql(f"SELECT {number}L AS id, DATE '2024-02-01' AS day, 'spark' AS text")
    row.writeTo(table).append()
while not spark.table(table).where("text = 'end'").count():
    time.sleep(1)
    spark.sql(f"REFRESH TABLE {table}")
rows = [[row["id"], row["text"]] for row in spark.table(table).collect()]
print("ROWS " + json.dumps(sorted(rows)), flush=True)
spark.stop()
