"""Runs in the driver pod, on either engine: a small job on two small tables. Prints when it got how far.

usage: small.py DATABASE, one that has the tables of TPC-H
"""

import time

STARTED = time.time()

import json  # noqa: E402
import sys  # noqa: E402

from pyspark.sql import SparkSession  # noqa: E402
from pyspark.sql import functions as F  # noqa: E402


def main() -> None:
    """Join, count, print one line that begins with BENCH."""
    database = sys.argv[1]
    spark = SparkSession.builder.getOrCreate()
    session = time.time()
    nation, region = spark.table(f"{database}.nation"), spark.table(f"{database}.region")
    joined = nation.join(region, nation.n_regionkey == region.r_regionkey)
    rows = joined.groupBy("r_name").agg(F.count("n_name")).orderBy("r_name").collect()
    result = time.time()
    if [tuple(row) for row in rows][:2] != [("AFRICA", 5), ("AMERICA", 5)]:
        raise SystemExit(f"the nations by region are {rows}")
    found = {"script": STARTED, "Spark session": session, "first result": result}
    print("BENCH", json.dumps(found), flush=True)
    spark.stop()


if __name__ == "__main__":
    main()
