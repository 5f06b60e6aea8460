"""Joins the flights of New York 2013 with the hourly weather at their origin, into an Iceberg table.

Reads `raw.flights` and `raw.weather`, as the crawl made them, and writes `analytics.flights_weather`,
partitioned by year and month. A run replaces the months it read and no others. Tables are read and written by
DataFrame and `writeTo` alone, so that it runs on Sail as on Spark where its sources are Iceberg tables.
"""

import argparse
import re

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

FLIGHT_COLUMNS = (
    "year",
    "month",
    "day",
    "carrier",
    "flight",
    "tailnum",
    "origin",
    "dest",
    "dep_delay",
    "arr_delay",
    "distance",
    "time_hour",
)
WEATHER_COLUMNS = ("temp", "wind_speed", "wind_gust", "precip", "visib")


def month_of(text: str) -> tuple[int, int]:
    """Year and month of `2013-01`.

    Raises:
        argparse.ArgumentTypeError: for anything else.
    """
    match = re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])", text)
    if not match:
        raise argparse.ArgumentTypeError(f"{text!r} is no month: write for example 2013-01")
    return int(match[1]), int(match[2])


def joined(flights: DataFrame, weather: DataFrame) -> DataFrame:
    """Each flight whose hour and origin have a weather report, with that report."""
    reports = weather.select("origin", "time_hour", *WEATHER_COLUMNS)
    return flights.select(*FLIGHT_COLUMNS).join(reports, ["origin", "time_hour"])


def write(spark: SparkSession, table: str, rows: DataFrame) -> None:
    """Create the table when it is absent, then replace the months that `rows` holds."""
    database = table.rpartition(".")[0]
    if not spark.catalog.databaseExists(database):
        spark.sql(f"CREATE NAMESPACE IF NOT EXISTS {database}")
    ordered = rows.select(*FLIGHT_COLUMNS, *WEATHER_COLUMNS).withColumns(
        {"year": F.col("year").cast("int"), "month": F.col("month").cast("int")}
    )
    writer = ordered.sortWithinPartitions("year", "month").writeTo(table)
    if spark.catalog.tableExists(table):
        writer.overwritePartitions()
    else:
        writer.using("iceberg").partitionedBy(F.col("year"), F.col("month")).create()


def main() -> None:
    """Run the join for one month or for all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--month", type=month_of, help="only this month, for example 2013-01")
    parser.add_argument("--source", default="raw", help="database of the crawled tables")
    parser.add_argument("--target", default="lake.analytics.flights_weather", help="table to write")
    options = parser.parse_args()
    spark = SparkSession.builder.getOrCreate()
    flights = spark.table(f"{options.source}.flights")
    if options.month:
        year, month = options.month
        flights = flights.where((F.col("year") == year) & (F.col("month") == month))
    write(spark, options.target, joined(flights, spark.table(f"{options.source}.weather")))
    counts = spark.table(options.target).groupBy("year", "month").count().orderBy("year", "month")
    for row in counts.collect():
        print(f"{row.year}-{row.month:02d} {row['count']}")
    spark.stop()


if __name__ == "__main__":
    main()
