"""The application of a SparkJob of type SQL: the image's runner, and the files that it reads. Pure."""

import json
from collections.abc import Iterator

from emberlake.api.v1alpha1.sparkjob import Sql
from emberlake.sparkjob.folders import Folder

# In the image: images/spark copies it from jobs/emberlake_spark.
RUNNER = "local:///opt/emberlake/run_sql.py"
_DIR = "/opt/spark/sql"
_STATEMENTS = "statements.sql"
_PARAMETERS = "parameters.json"


def arguments(sql: Sql) -> tuple[str, ...]:
    """Arguments of the runner: where the statements and their parameters are."""
    file = sql.file or f"{_DIR}/{_STATEMENTS}"
    return (file, "--parameters", f"{_DIR}/{_PARAMETERS}") if sql.parameters else (file,)


def sql_folders(sql: Sql) -> Iterator[Folder]:
    """What of `sql` stands in the spec itself, as files: parameters never become part of the statements."""
    files = {}
    if sql.text:
        files[_STATEMENTS] = sql.text
    if sql.parameters:
        files[_PARAMETERS] = json.dumps(sql.parameters, indent=1)
    if files:
        yield Folder("emberlake-sql", _DIR, files, ("driver",))
