"""The program of a driver pod, with a real Sail."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from emberlake.sail.main import REFUSED, SCRIPT, SERVER, SIGNAL, Ended, Outcome, judged, tell
from emberlake.sail.refusal import Refusal
from unit.sail.programs import Attempt, attempt, on_server, report

Captured = pytest.CaptureFixture[str]
Attempts = dict[str, Attempt]


LACKS = Refusal("sql.merge", "MERGE")
CRASHED = Refusal("engine.crash", "Sail ended with exit code 134")
# catches what the client of Spark Connect has not, and what the gateway refuses
CATCHES = """
import sys
from pyspark.errors import UnsupportedOperationException
from pyspark.sql import SparkSession
from pyspark.sql.functions import pandas_udf, udf
spark = SparkSession.builder.appName("sums").getOrCreate()
print(__name__, sys.argv[1:], sys.path[0], spark.range(5).selectExpr("sum(id)").collect()[0][0])
try:
    spark.sparkContext.defaultParallelism
except Exception as error:
    print(error)
try:
    spark.sql("MERGE INTO a USING b ON a.x = b.x WHEN MATCHED THEN DELETE")
except UnsupportedOperationException as error:
    print(error)
factor = 2
plain = udf(lambda x: x * factor, "long")
pandas = pandas_udf(lambda x: x * factor, "long")
unused = udf(lambda x: x * factor, "long")
one = spark.range(1, 2)
rows = one.select(plain("id"), pandas("id"))
factor = 3
print(spark.sql("SELECT DISTINCT left(s, 2) a, array(left(s, 1)) b FROM VALUES ('x') AS t (s)").collect())
print(*rows.collect()[0], *one.select(plain("id")).collect()[0], *one.select(unused("id")).collect()[0])
"""
HOLDS_LOCK = """
import atexit, threading
from pyspark.sql import SparkSession
take, taken = threading.Event(), threading.Event()
def hold():
    take.wait()
    with call._state.condition:
        taken.set()
        threading.Event().wait()
# when the client has ended its session
atexit.register(lambda: (take.set(), taken.wait()))
spark = SparkSession.builder.getOrCreate()
call = spark.client._channel.unary_stream("/no/method")(b"")
threading.Thread(target=hold, daemon=True).start()
print("over")
"""
LACKING = """
from pyspark.sql import SparkSession
try:
    SparkSession.builder.getOrCreate().sparkContext.defaultParallelism
except Exception:
    print("goes on", flush=True)
"""
KILL_SAIL = """
import os, signal, threading, time
from pathlib import Path
from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
threading.Thread(target=spark.range(1).count, daemon=True).start()
for status in Path("/proc").glob("[0-9]*/stat"):
    fields = status.read_text().rpartition(")")[2].split()
    if int(fields[1]) == os.getppid() and int(status.parent.name) != os.getpid():
        os.kill(int(status.parent.name), signal.SIGKILL)
time.sleep(600)
"""
WAITS = "import time\nprint('here', flush=True)\ntry:\n    time.sleep(600)\nfinally:\n    print('not told')"


@pytest.fixture(scope="module", autouse=True)
def attempts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attempts]:
    """By their scripts, all that run in processes of their own: from now on, beside the module's tests."""
    asked: dict[str, dict[str, Any]] = {
        CATCHES: {"arguments": ["--month", "2013-01"]},
        HOLDS_LOCK: {},
        KILL_SAIL: {"engine": "Auto"},
        WAITS: {},
    }
    started = {
        text: attempt(tmp_path_factory.mktemp("attempt"), text, **fields) for text, fields in asked.items()
    }
    yield started
    for one in started.values():
        one.end()


def test_auto_is_no_place_to_go_on_without_what_the_client_lacks(sail: str, tmp_path: Path) -> None:
    outcome = on_server(sail, tmp_path, LACKING, engine="Auto")
    assert (outcome.code, outcome.commits) == (3, 0)
    assert outcome.refusal is not None
    assert outcome.refusal.feature == "client.jvm_attribute_not_supported"
    assert outcome.refusal.message.startswith("[JVM_ATTRIBUTE_NOT_SUPPORTED]")


def test_the_exit_code_and_the_traceback_are_the_scripts(sail: str, tmp_path: Path, capfd: Captured) -> None:
    assert on_server(sail, tmp_path, "raise ValueError('no such month')") == Outcome(1, 0)
    lines = capfd.readouterr().err.splitlines()
    file = tmp_path / "application"
    assert lines[:2] == ["Traceback (most recent call last):", f'  File "{file}", line 1, in <module>']
    assert lines[-1] == "ValueError: no such month"


def test_a_script_that_is_not_there_is_named_as_python_names_it(
    sail: str, tmp_path: Path, capfd: Captured
) -> None:
    assert on_server(sail, tmp_path, "", application="local:///opt/jobs/no.py") == Outcome(2, 0)
    assert "can't open file '/opt/jobs/no.py'" in capfd.readouterr().err


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
        ("Auto", Ended(SERVER, 134), LACKS, Outcome(3, 2, CRASHED)),
        ("Sail", Ended(SERVER, 134), LACKS, Outcome(134, 2)),
        ("Auto", Ended(SIGNAL, 143), LACKS, Outcome(143, 2)),
    ],
)
def test_what_an_attempt_comes_to(
    engine: str, ended_by: Ended, refusal: Refusal | None, outcome: Outcome
) -> None:
    assert judged(engine, ended_by, 2, refusal) == outcome


def test_what_ends_a_script_on_sail_is_told_and_stands_in_the_report(tmp_path: Path, capfd: Captured) -> None:
    tell(Outcome(3, 2, LACKS), tmp_path / "report.json")
    assert capfd.readouterr().err == "Sail cannot run this program: MERGE (sql.merge)\n"
    found = report(tmp_path)
    assert (found["commits"], found["unsupported"]) == (2, {"feature": "sql.merge", "message": "MERGE"})


def test_statements_run_one_after_another_up_to_one_that_fails(
    sail: str, tmp_path: Path, capfd: Captured
) -> None:
    text = "SELECT :name AS name, ';' AS sign;\n-- nothing\nSELECT count(*) AS n FROM range(7);"
    text += "\n\nSELECT no_column"
    parameters = {"name": "it's", "long": "x" * 200_000}
    assert on_server(sail, tmp_path, text, kind="SQL", parameters=parameters) == Outcome(1, 0)
    out, err = capfd.readouterr()
    assert [line for line in out.splitlines() if line[:1] == "|"] == [
        "|name|sign|",
        "|it's|   ;|",
        "|  n|",
        "|  7|",
    ]
    assert "== statement 2 of 3, line 3" in out
    assert "StatementError: statement 3 at line 5: " in err.splitlines()[-1]
    assert "no_column" in err


@pytest.mark.parametrize(
    ("engine", "statement", "feature"),
    [
        ("Sail", "UPDATE t SET a = 1", "sql.update"),
        ("Auto", "MERGE INTO a USING b ON a.x = b.x WHEN MATCHED THEN DELETE", "sql.merge"),
    ],
)
def test_statements_that_sail_does_not_run_are_refused_before_any_other_runs(
    engine: str, statement: str, feature: str, sail: str, tmp_path: Path, capfd: Captured
) -> None:
    outcome = on_server(sail, tmp_path, f"SELECT 1;\n{statement}", kind="SQL", engine=engine)
    assert (outcome.code, outcome.commits) == (3, 0)
    assert outcome.refusal is not None
    assert outcome.refusal.feature == feature
    out, err = capfd.readouterr()
    assert "statement 1" not in out
    assert "statement 2 of 2, line 2" in out
    # on Auto it is ended before it can say so
    assert engine == "Auto" or "StatementError: statement 2 at line 2: " in err


def test_a_script_runs_unchanged_on_the_session_that_it_finds(attempts: Attempts) -> None:
    code, out = attempts[CATCHES].ended
    assert code == 0, out
    assert out.splitlines()[0] == f"__main__ ['--month', '2013-01'] {attempts[CATCHES].folder} 10"


def test_a_script_may_catch_what_sail_does_not_do_and_go_another_way(attempts: Attempts) -> None:
    lines = attempts[CATCHES].ended[1].splitlines()
    assert lines[1].startswith("[JVM_ATTRIBUTE_NOT_SUPPORTED]")
    assert any("MERGE is not run on this engine" in line for line in lines)
    found = report(attempts[CATCHES].folder)
    assert found == {"engine": "Sail", "version": "0.7.2", "commits": 0, "unsupported": None}


def test_a_function_is_pickled_when_it_is_first_used_as_in_sparks_own_driver(attempts: Attempts) -> None:
    assert attempts[CATCHES].ended[1].splitlines()[-1] == "2 2 2 3"


def test_texts_are_read_in_each_layout_that_sail_gives_them(attempts: Attempts) -> None:
    assert "[Row(a='x', b=['x'])]" in attempts[CATCHES].ended[1].splitlines()


def test_a_script_ends_though_nobody_gives_back_the_lock_of_a_call(attempts: Attempts) -> None:
    assert attempts[HOLDS_LOCK].ended == (0, "over\n")


def test_the_end_of_sail_is_the_end_of_the_attempt_a_kill_and_no_refusal(attempts: Attempts) -> None:
    code, out = attempts[KILL_SAIL].ended
    assert code == 137
    assert "Sail ended before the program did, with exit code 137\n" in out
    assert report(attempts[KILL_SAIL].folder)["unsupported"] is None


def test_a_pod_that_has_to_go_has_told_of_its_writes_and_ends_its_script_at_once(attempts: Attempts) -> None:
    waits = attempts[WAITS]
    assert waits.process.stdout is not None
    assert waits.process.stdout.readline() == "here\n"
    # all that a kill would leave
    found = report(waits.folder)
    assert found == {"engine": "Sail", "version": "0.7.2", "commits": 0, "unsupported": None}
    waits.process.terminate()
    assert waits.ended[0] == 143
    assert not subprocess.run(["pgrep", "-f", str(waits.folder)], capture_output=True, check=False).stdout
