"""The application of a SparkJob of type SQL: runs the statements of a file and prints their results."""

import argparse
import json
import re
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from py4j.protocol import Py4JError, Py4JJavaError
from pyspark import SparkFiles
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from emberlake_spark.statements import Statement, split

ROWS = 100
CELL_WIDTH = 120
CONSTANTS_ONLY = "spark.sql.legacy.parameterSubstitution.constantsOnly"


class StatementError(Exception):
    """A statement failed; the message names it, its line and what Spark said."""


def main() -> None:
    """Run the statements of a file.

    Raises:
        ValueError: the file holds no statement, or one that is not closed.
        StatementError: at the first statement that fails.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", help="the statements: a path, or a URI that Spark can read")
    parser.add_argument("--parameters", type=Path, help="JSON object with the values of the markers :name")
    options = parser.parse_args()
    parameters = json.loads(options.parameters.read_text()) if options.parameters else {}
    spark = SparkSession.builder.getOrCreate()
    try:
        statements = split(read(spark, options.file))
        if not statements:
            raise ValueError(f"{options.file} holds no statement")
        for number, statement in enumerate(statements, 1):
            print(f"== statement {number} of {len(statements)}, line {statement.line}", flush=True)
            run(spark, number, statement, parameters)
    finally:
        spark.stop()


def read(spark: SparkSession, uri: str) -> str:
    """The text of a file, in UTF-8: in this pod, or in any file system that Spark is configured for.

    Raises:
        OSError: it cannot be read.
    """
    parts = urlsplit(uri)
    path = Path(unquote(parts.path))
    if parts.scheme not in ("", "local", "file"):
        try:
            spark.sparkContext.addFile(uri)
        except Py4JJavaError as error:
            raise OSError(f"cannot read {uri}: {error.java_exception.toString()}") from None
        path = Path(SparkFiles.get(path.name))
    return path.read_text("utf-8-sig")


def run(spark: SparkSession, number: int, statement: Statement, parameters: Mapping[str, str]) -> None:
    """Run one statement and print its result and time.

    Raises:
        StatementError: it failed.
    """
    start = time.monotonic()
    try:
        result = spark.sql(bound(spark, statement, parameters))
        if result.columns:
            result.show(ROWS, CELL_WIDTH)
    except (PySparkException, Py4JError) as error:
        raise StatementError(_told(number, statement, str(error))) from None
    print(f"== statement {number}: {time.monotonic() - start:.2f} s", flush=True)


def bound(spark: SparkSession, statement: Statement, parameters: Mapping[str, str]) -> str:
    """The statement with the literals that Spark makes of its parameters in the place of their markers.

    It is what `spark.sql(text, args=...)` does, but Iceberg 1.11 drops `args` (apache/iceberg#16625).
    """
    used = {name: parameters[name] for name in statement.markers & parameters.keys()}
    if not used:
        return statement.text
    before = spark.conf.get(CONSTANTS_ONLY)
    # markers wherever a literal may stand
    spark.conf.set(CONSTANTS_ONLY, "false")
    try:
        return _substituted(spark, statement.text, used)
    finally:
        spark.conf.set(CONSTANTS_ONLY, before)


def _substituted(spark: SparkSession, text: str, values: Mapping[str, str]) -> str:
    jvm = spark._jvm  # noqa: SLF001  # the only way to this part of Spark
    literal = getattr(getattr(jvm.org.apache.spark.sql.catalyst.expressions, "Literal$"), "MODULE$")
    literals = jvm.PythonUtils.toScalaMap({name: literal.apply(value) for name, value in values.items()})
    handler = jvm.org.apache.spark.sql.catalyst.parser.ParameterHandler
    bound: str = handler.substituteNamedParameters(text, literals).productElement(0)
    return bound


def _told(number: int, statement: Statement, message: str) -> str:
    # Spark's advice is for those who call spark.sql themselves
    mended = re.sub(r"Please, fix `args`[^.]*\.", "Give it a value in spec.sql.parameters.", message.strip())
    return f"statement {number} at line {statement.line}: {statement.in_file(mended)}"


if __name__ == "__main__":
    main()
