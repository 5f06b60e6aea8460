"""Prints what Spark sees of each table: rows, columns, and sums, one JSON line each."""

import json
import sys

from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import NumericType

spark = SparkSession.builder.getOrCreate()
for name in sys.argv[1:]:
    table = spark.table(name)
    numbers = [field.name for field in table.schema if isinstance(field.dataType, NumericType)]
    row = table.agg(
        F.count(F.lit(1)).alias("rows"),
        *(F.sum(column).cast("double").alias(f"sum {column}") for column in numbers),
        *(F.count(field.name).alias(f"count {field.name}") for field in table.schema),
    ).collect()[0]
    types = {field.name: field.dataType.simpleString() for field in table.schema}
    print("TABLE " + json.dumps({"name": name, "types": types, **row.asDict()}), flush=True)
spark.stop()
