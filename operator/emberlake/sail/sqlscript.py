"""The program of a SparkJob of type SQL on Sail: runs the statements of a file and prints their results."""

import argparse
import json
import time
from collections.abc import Mapping
from pathlib import Path

from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from emberlake.sail.refusal import Refusal
from emberlake.sail.sqltext import statement as judge
from emberlake_spark.statements import Statement, split

ROWS = 100
CELL_WIDTH = 120


class StatementError(Exception):
    """A statement failed; the message names it, its line and what the engine said."""


def main() -> None:
    """Run the statements of a file.

    Raises:
        ValueError: the file holds no statement, or one that is not closed.
        StatementError: at the first statement that fails.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, help="the statements")
    parser.add_argument("--parameters", type=Path, help="JSON object with the values of the markers :name")
    options = parser.parse_args()
    parameters = json.loads(options.parameters.read_text("utf-8")) if options.parameters else {}
    statements = split(options.file.read_text("utf-8-sig"))
    if not statements:
        raise ValueError(f"{options.file} holds no statement")
    spark = SparkSession.builder.getOrCreate()
    numbered = list(enumerate(statements, 1))
    # What Sail does not run is asked for alone: it is refused before the others have written anything.
    refused = [found for found in numbered if isinstance(judge(found[1].text), Refusal)]
    for number, statement in refused[:1] or numbered:
        print(f"== statement {number} of {len(statements)}, line {statement.line}", flush=True)  # noqa: T201
        run(spark, number, statement, parameters)


def run(spark: SparkSession, number: int, statement: Statement, parameters: Mapping[str, str]) -> None:
    """Run one statement and print its result and time.

    Raises:
        StatementError: it failed.
    """
    start = time.monotonic()
    used = {name: parameters[name] for name in statement.markers & parameters.keys()}
    try:
        result = spark.sql(statement.text, args=used or None)
        if result.columns:
            result.show(ROWS, CELL_WIDTH)
    except PySparkException as error:
        message = statement.in_file(str(error).strip())
        raise StatementError(f"statement {number} at line {statement.line}: {message}") from None
    print(f"== statement {number}: {time.monotonic() - start:.2f} s", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
