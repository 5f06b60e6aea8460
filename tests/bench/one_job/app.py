"""Runs inside Spark: a small job with a shuffle. Prints when each phase of it began, as Unix times."""

import time

STARTED = time.time()

import json  # noqa: E402
import urllib.request  # noqa: E402
from datetime import datetime  # noqa: E402
from typing import Any  # noqa: E402

from pyspark.sql import SparkSession  # noqa: E402


def main() -> None:
    """Run the job and print one line that begins with BENCH."""
    spark = SparkSession.builder.getOrCreate()
    session = time.time()
    (row,) = spark.range(1_000_000).repartition(4).selectExpr("sum(id)").collect()
    if row[0] != 499_999_500_000:
        raise SystemExit(f"the sum is {row[0]}")
    result = time.time()
    root = f"{spark.sparkContext.uiWebUrl}/api/v1/applications/{spark.sparkContext.applicationId}"
    executors = [e for e in read(f"{root}/executors") if e["id"] != "driver"]
    launched = "firstTaskLaunchedTime"
    jvm = spark.sparkContext._jvm.java.lang.management.ManagementFactory.getRuntimeMXBean().getStartTime()
    phases = {
        "JVM of the driver": jvm / 1000,
        "Python of the driver": STARTED,
        "Spark session": session,
        "first executor registered": min(unix(e["addTime"]) for e in executors),
        "first task": min(unix(s[launched]) for s in read(f"{root}/stages") if launched in s),
        "result": result,
    }
    print("BENCH", json.dumps(phases), flush=True)
    spark.stop()


def read(url: str) -> list[dict[str, Any]]:
    """JSON of the driver's own REST API."""
    with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310  # the driver's own
        found: list[dict[str, Any]] = json.loads(answer.read())
    return found


def unix(text: str) -> float:
    """Spark's 2026-01-02T03:04:05.678GMT as Unix time."""
    return datetime.fromisoformat(text.replace("GMT", "+00:00")).timestamp()


if __name__ == "__main__":
    main()
