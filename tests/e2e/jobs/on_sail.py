"""Writes a table twice with the rows of another, reads it back, and prints what it sees."""

import sys

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

source, target = sys.argv[1:3]
spark = SparkSession.builder.getOrCreate()
months = spark.table(source).groupBy("month").agg(F.count("*").alias("flights"))
months.writeTo(target).createOrReplace()
months.where("month > 6").writeTo(target).append()
for row in spark.table(target).orderBy("month", "flights").collect():
    print("MONTH", row.month, row.flights, flush=True)
