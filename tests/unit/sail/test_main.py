"""The program of a driver pod, with a real Sail."""

import subprocess
from pathlib import Path

import pytest

from emberlake.sail.main import REFUSED, SCRIPT, SERVER, SIGNAL, Ended, Outcome, judged
from emberlake.sail.refusal import Refusal
from unit.sail.programs import attempt, ended, report

KILL_SAIL = """
import os, signal, time
from pathlib import Path
for status in Path("/proc").glob("[0-9]*/stat"):
    fields = status.read_text().rpartition(")")[2].split()
    if int(fields[1]) == os.getppid() and int(status.parent.name) != os.getpid():
        os.kill(int(status.parent.name), signal.SIGKILL)
time.sleep(600)
"""


def test_a_script_runs_unchanged_on_the_session_that_it_finds(tmp_path: Path) -> None:
    script = """
import sys
from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("sums").getOrCreate()
print(__name__, sys.argv[1:], sys.path[0], spark.range(5).selectExpr("sum(id)").collect()[0][0])
"""
    code, out = ended(attempt(tmp_path, script, arguments=["--month", "2013-01"]))
    assert (code, out) == (0, f"__main__ ['--month', '2013-01'] {tmp_path} 10\n")
    assert report(tmp_path) == {"engine": "Sail", "version": "0.7.2", "commits": 0, "unsupported": None}


def test_the_exit_code_and_the_traceback_are_the_scripts(tmp_path: Path) -> None:
    assert ended(attempt(tmp_path, "raise SystemExit(17)"))[0] == 17
    code, out = ended(attempt(tmp_path, "raise ValueError('no such month')"))
    assert code == 1
    file = tmp_path / "application"
    assert out.splitlines()[:2] == [
        "Traceback (most recent call last):",
        f'  File "{file}", line 1, in <module>',
    ]
    assert out.splitlines()[-1] == "ValueError: no such month"


def test_a_script_that_is_not_there_is_named_as_python_names_it(tmp_path: Path) -> None:
    code, out = ended(attempt(tmp_path, "", application="local:///opt/jobs/no.py"))
    assert code == 2
    assert "can't open file '/opt/jobs/no.py'" in out


def test_the_end_of_sail_is_the_end_of_the_attempt_and_a_kill_stays_one(tmp_path: Path) -> None:
    code, out = ended(attempt(tmp_path, KILL_SAIL))
    assert (code, out) == (137, "Sail ended before the program did, with exit code 137\n")


def test_a_killed_sail_is_no_refusal(tmp_path: Path) -> None:
    asks = (
        "import threading\nfrom pyspark.sql import SparkSession\nspark = SparkSession.builder.getOrCreate()\n"
    )
    asks += "threading.Thread(target=spark.range(1).count, daemon=True).start()\n"
    assert ended(attempt(tmp_path, asks + KILL_SAIL, engine="Auto"))[0] == 137
    assert report(tmp_path)["unsupported"] is None


def test_auto_is_no_place_to_go_on_without_what_the_client_lacks(tmp_path: Path) -> None:
    script = """
from pyspark.sql import SparkSession
try:
    parallelism = SparkSession.builder.getOrCreate().sparkContext.defaultParallelism
except Exception:
    parallelism = 1
"""
    assert ended(attempt(tmp_path, script))[0] == 0
    assert report(tmp_path)["unsupported"] is None
    code, out = ended(attempt(tmp_path, script, engine="Auto"))
    assert code == 3
    assert report(tmp_path)["unsupported"]["feature"] == "client.jvm_attribute_not_supported"
    assert out.startswith("Sail cannot run this program: [JVM_ATTRIBUTE_NOT_SUPPORTED]")


LACKS = Refusal("sql.merge", "MERGE")


@pytest.mark.parametrize(
    ("engine", "ended_by", "refusal", "outcome"),
    [
        ("Sail", Ended(SCRIPT, 0), None, Outcome(0, 2)),
        ("Auto", Ended(SCRIPT, 1), None, Outcome(1, 2)),
        ("Sail", Ended(SCRIPT, 0), LACKS, Outcome(0, 2)),
        ("Sail", Ended(SCRIPT, 1), LACKS, Outcome(3, 2, LACKS)),
        ("Auto", Ended(SCRIPT, 0), LACKS, Outcome(3, 2, LACKS)),
        ("Auto", Ended(REFUSED, 3), LACKS, Outcome(3, 2, LACKS)),
        ("Auto", Ended(SERVER, 137), LACKS, Outcome(137, 2)),
        ("Auto", Ended(SIGNAL, 143), LACKS, Outcome(143, 2)),
    ],
)
def test_what_an_attempt_comes_to(
    engine: str, ended_by: Ended, refusal: Refusal | None, outcome: Outcome
) -> None:
    assert judged(engine, ended_by, 2, refusal) == outcome


def test_a_pod_that_has_to_go_ends_its_script_at_once(tmp_path: Path) -> None:
    script = (
        "import time\nprint('here', flush=True)\ntry:\n    time.sleep(600)\nfinally:\n    print('not told')"
    )
    program = attempt(tmp_path, script)
    assert program.stdout is not None
    assert program.stdout.readline() == "here\n"
    program.terminate()
    assert ended(program)[0] == 143
    assert not subprocess.run(["pgrep", "-f", str(tmp_path)], capture_output=True, check=False).stdout


def test_statements_run_one_after_another_and_print_what_they_find(tmp_path: Path) -> None:
    text = "SELECT :name AS name, ';' AS sign;\n-- nothing\nSELECT count(*) AS n FROM range(7)"
    code, out = ended(attempt(tmp_path, text, kind="SQL", parameters={"name": "it's", "long": "x" * 200_000}))
    assert code == 0, out
    assert [line for line in out.splitlines() if line[:1] == "|"] == [
        "|name|sign|",
        "|it's|   ;|",
        "|  n|",
        "|  7|",
    ]
    assert "== statement 2 of 2, line 3" in out


def test_a_statement_that_fails_is_named_with_its_line(tmp_path: Path) -> None:
    code, out = ended(attempt(tmp_path, "SELECT 1;\n\nSELECT no_column", kind="SQL"))
    assert code == 1
    assert "StatementError: statement 2 at line 3: " in out.splitlines()[-1]
    assert "no_column" in out


@pytest.mark.parametrize("engine", ["Sail", "Auto"])
def test_statements_that_sail_does_not_run_are_refused_before_any_other_runs(
    engine: str, tmp_path: Path
) -> None:
    text = "SELECT 1;\nMERGE INTO a USING b ON a.x = b.x WHEN MATCHED THEN DELETE"
    code, out = ended(attempt(tmp_path, text, kind="SQL", engine=engine))
    assert code == 3
    assert "statement 1" not in out
    assert "statement 2 of 2, line 2" in out
    found = report(tmp_path)
    assert (found["commits"], found["unsupported"]["feature"]) == (0, "sql.merge")


def test_a_function_is_pickled_when_it_is_first_used_as_in_sparks_own_driver(tmp_path: Path) -> None:
    script = """
from pyspark.sql import SparkSession
from pyspark.sql.functions import pandas_udf, udf
spark = SparkSession.builder.getOrCreate()
factor = 2
plain = udf(lambda x: x * factor, "long")
pandas = pandas_udf(lambda x: x * factor, "long")
unused = udf(lambda x: x * factor, "long")
one = spark.range(1, 2)
rows = one.select(plain("id"), pandas("id"))
factor = 3
print(*rows.collect()[0], *one.select(plain("id")).collect()[0], *one.select(unused("id")).collect()[0])
"""
    assert ended(attempt(tmp_path, script)) == (0, "2 2 2 3\n")


def test_a_script_may_catch_what_sail_does_not_do_and_go_another_way(tmp_path: Path) -> None:
    script = """
from pyspark.errors import UnsupportedOperationException
from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
try:
    spark.sql("MERGE INTO a USING b ON a.x = b.x WHEN MATCHED THEN DELETE")
except UnsupportedOperationException as error:
    print(error)
"""
    code, out = ended(attempt(tmp_path, script))
    assert (code, report(tmp_path)["unsupported"]) == (0, None)
    assert "MERGE is not run on this engine" in out


def test_what_ends_a_script_on_sail_stands_in_the_report(tmp_path: Path) -> None:
    code, out = ended(attempt(tmp_path, "SELECT 1;\nUPDATE t SET a = 1", kind="SQL"))
    assert code == 3
    assert report(tmp_path)["unsupported"]["feature"] == "sql.update"
    assert "StatementError: statement 2 at line 2: " in out
