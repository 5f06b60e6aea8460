"""Runs in the driver pod, on either engine: each query some times, and a digest of what it gave.

usage: script.py DATABASE TIMES ROWS
TIMES is how often each query runs; ROWS is how many rows of each answer are printed, to look at those that
differ. A line of the log that begins with BENCH is the JSON of one query, one with BEGINS tells that a query
has begun.

Two answers are equal when their digests are. A digest is taken of the rows after sorting them, since the
order of rows that ORDER BY holds equal is open. The order in which numbers with a floating point are added
up is open too: of those, the sign counts and nine decimals of the logarithm, which is one part in 10^9.
Rounding them in the decimal system would part equal sums of amounts, which often lie on a tie there.
Decimals count by value, all else as it is.
"""

import hashlib
import json
import math
import sys
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

# name -> text; filled in by bench.engine.job, so that the script is one file
QUERIES: dict[str, str] = {}
_DECIMALS = 9
# a refusal has its feature at the end
_LONGEST_ERROR = 2500


def main() -> None:
    """Run all queries in their order."""
    database, times, rows = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    spark = SparkSession.builder.getOrCreate()
    spark.catalog.setCurrentDatabase(database)
    for name, text in QUERIES.items():
        print("BEGINS", name, flush=True)
        found = {"name": name, **measured(spark, text, times, rows), **used()}
        print("BENCH", json.dumps(found), flush=True)
    spark.stop()


def measured(spark: SparkSession, text: str, times: int, rows: int) -> dict[str, Any]:
    """Seconds of each time and what the query gave, or the engine's own words on why it gave nothing."""
    seconds = []
    try:
        for _ in range(times):
            start = time.monotonic()
            frame = spark.sql(text)
            answer = frame.collect()
            seconds.append(time.monotonic() - start)
        # the engines have exceptions of several kinds, and one query must not end the others
    except Exception as error:  # noqa: BLE001
        return {"error": f"{type(error).__name__}: {error}"[:_LONGEST_ERROR]}
    values = [[plain(value) for value in row] for row in answer]
    lines = [json.dumps(row) for row in values]
    found = {
        "seconds": seconds,
        "names": frame.columns,
        "types": [field.dataType.simpleString() for field in frame.schema],
        "count": len(lines),
        "digest": digest(sorted(lines)),
        "ordered": digest(lines),
        "columns": [digest([json.dumps(value) for value in column]) for column in zip(*values, strict=True)],
    }
    return found | {"rows": [str(tuple(row)) for row in answer[:rows]]}


def plain(value: Any) -> Any:
    """A value as JSON has it, rounded as the head of this file says."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return about(value)
    if isinstance(value, Decimal):
        text = format(value, "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, dict):
        return sorted(([plain(key), plain(one)] for key, one in value.items()), key=str)
    return str(value)


def about(value: float) -> str:
    """Sign and logarithm; zeros are one, and so are NaNs."""
    if not value or not math.isfinite(value):
        return str(value or 0.0)
    return f"{'-' if value < 0 else ''}{round(math.log(abs(value)), _DECIMALS)}"


def digest(lines: list[str]) -> str:
    """Of lines in this order."""
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:12]


def used() -> dict[str, float]:
    """What all processes of the pod have taken up to now: the sum of their peaks in MiB, and CPU seconds."""
    peak = ticks = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            status, stat = (folder / "status").read_text(), (folder / "stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            # it ended meanwhile, and its CPU time is its parent's now
            continue
        peak += sum(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
        # user and system time, its own and that of children it has waited for: fields 14 to 17
        ticks += sum(int(field) for field in stat.rpartition(")")[2].split()[11:15])
    return {"peak": peak / 1024, "cpu": ticks / 100}


if __name__ == "__main__":
    main()
