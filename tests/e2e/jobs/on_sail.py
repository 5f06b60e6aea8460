"""Reads a table, writes another twice with its rows, reads that, and looks for files; prints what it sees."""

import sys

from pyspark.errors import AnalysisException
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

source, target, folder = sys.argv[1:4]
spark = SparkSession.builder.getOrCreate()
flights = spark.table(source)
print("READ", flights.count(), dict(flights.dtypes)["time_hour"], flush=True)
months = flights.groupBy("month").agg(F.count("*").alias("flights"))
months.writeTo(target).createOrReplace()
months.where("month > 6").writeTo(target).append()
for row in spark.table(target).orderBy("month", "flights").collect():
    print("MONTH", row.month, row.flights, flush=True)
print("FILES", spark.read.format("binaryFile").load(folder).select("length").count() > 0, flush=True)
try:
    spark.read.text(f"{folder}/none").collect()
except AnalysisException as error:
    print("NONE", error.getCondition(), flush=True)
