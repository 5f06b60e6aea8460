"""Logs of real drivers that failed, and what is made of them.

`logs/*.txt` are the ends of logs of Spark 4.1.4 on Python 3.13, of R 4.2, and of Sail 0.7.2 as `sail_*`:
stack traces are shortened to two lines, paths and names of repositories are replaced. S3 is versitygw. A name
says what was done.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emberlake.core.objects import timestamp
from emberlake.core.pods import MESSAGE_LIMIT
from emberlake.sparkjob.failure import classify, no_executors
from emberlake.sparkjob.plan import plan
from unit.sparkjob.fixtures import NOW, SETTINGS, failed_driver, later, observed, pod

LOGS = Path(__file__).parent / "logs"


class Case(NamedTuple):
    """A log, the exit code of its driver, and the failure that is expected."""

    log: str
    category: str
    reason: str
    first: str
    contains: tuple[str, ...] = ()
    code: int = 1


SAIL = (
    Case("sail_metastore", "Infrastructure", "MetastoreUnreachable", "the Hive metastore does not answer"),
    Case("sail_metastore_no_host", "Infrastructure", "MetastoreUnreachable", "the Hive metastore"),
    Case("sail_s3_refused", "Infrastructure", "S3Unreachable", "the S3 endpoint does not answer"),
    Case("sail_s3_no_host", "Infrastructure", "S3Unreachable", "the S3 endpoint does not answer"),
    Case("sail_s3_signature", "User", "S3AccessDenied", "S3 denied access (403)"),
    Case("sail_s3_unknown_key", "User", "S3CredentialsInvalid", "S3 does not take the credentials"),
    Case("sail_s3_no_keys", "User", "S3CredentialsMissing", "there are no credentials for S3"),
    Case("sail_s3_bucket", "User", "S3BucketNotFound", "the bucket of"),
    Case(
        "sail_memory",
        "OutOfMemory",
        "SailMemory",
        "a query needs more than Sail's part of the driver's memory (for HashJoinInput)",
        ("raise driver.memory", "set spec.engine: Spark, or Auto"),
    ),
    Case("sail_s3_tls", "User", "S3EndpointTls", "TLS with the S3 endpoint failed"),
    Case(
        "sail_no_table",
        "User",
        "TableOrViewNotFound",
        "AnalysisException: Table not found: [TABLE_OR_VIEW_NOT_FOUND] Table or view not found: nope",
        ('File "/opt/app/etl.py", line 5, in main',),
    ),
    Case(
        "sail_udf_error",
        "User",
        "ZeroDivisionError",
        "ZeroDivisionError: integer division or modulo by zero",
        ('File "/opt/app/etl.py", line 3, in ratio', 'File "/opt/app/etl.py", line 5, in main'),
    ),
)
PYTHON = (
    Case(
        "value_error",
        "User",
        "ValueError",
        "ValueError: month 2013-13 does not exist",
        ('File "/opt/app/etl.py", line 6, in month', "line 9, in main"),
    ),
    Case(
        "chained",
        "User",
        "RuntimeError",
        "RuntimeError: the load of day 3 failed:",
        (
            "2 of 7 files are wrong",
            "while handling BadInput: no column in a.csv",
            "caused by KeyError: 'row'",
        ),
    ),
    Case(
        "group",
        "User",
        "ExceptionGroup",
        "ExceptionGroup: 3 loads failed",
        ("ValueError: a", "KeyError: 'b'"),
    ),
    Case("bare_assert", "User", "AssertionError", "AssertionError", ("assert spark.range(1).count() == 2",)),
    Case("syntax_error", "User", "SyntaxError", "SyntaxError: expected ':'", ("etl.py", "def main()")),
    Case(
        "no_module",
        "User",
        "ModuleNotFoundError",
        "there is no Python module pandas_profiling_x",
        ("deps.requirements", "deps.pyFiles", "line 1, in <module>"),
    ),
    Case(
        "no_module_executor",
        "User",
        "ModuleNotFoundError",
        "executors have no Python module lookup",
        ("deps.pyFiles", 'File "/opt/app/etl.py", line 10'),
    ),
    Case("to_pandas", "User", "PackageNotInstalled", "the Python package Pandas >= 2.2.0 is missing"),
    Case(
        "udf_error",
        "User",
        "ZeroDivisionError",
        "ZeroDivisionError: division by zero",
        ("line 8, in ratio", "in a Python function on an executor", "line 10, in <module>"),
    ),
    Case(
        "rdd_error",
        "User",
        "ValueError",
        "ValueError: invalid literal for int() with base 10: 'x'",
        ("line 5, in parse", "in a Python function on an executor", "line 7, in <module>"),
    ),
    Case("pickling", "User", "PicklingError", "PicklingError: Could not serialize object", ("etl.py",)),
    Case("exit_code", "User", "ApplicationFailed", "the application ended with exit code 3", code=3),
    Case(
        "exit_text",
        "User",
        "ApplicationFailed",
        "the application ended with exit code 1: no file of 2013-01-05",
    ),
    Case(
        "usage",
        "User",
        "ApplicationFailed",
        "the application ended with exit code 2: etl.py: error: the following arguments are required",
        code=2,
    ),
    Case("segfault", "User", "DriverCrashed", "the driver crashed (SIGSEGV, exit code 139)", code=139),
)
SQL = (
    Case(
        "no_table",
        "User",
        "TableOrViewNotFound",
        "AnalysisException: [TABLE_OR_VIEW_NOT_FOUND] The table",
        ("etl",),
    ),
    Case(
        "no_column",
        "User",
        "UnresolvedColumn",
        "AnalysisException: [UNRESOLVED_COLUMN.WITH_SUGGESTION]",
        ("`id`",),
    ),
    Case("sql_syntax", "User", "ParseSyntaxError", "ParseException: [PARSE_SYNTAX_ERROR]", ("SELEC 1\n^^^",)),
    Case("ansi_error", "User", "DivideByZero", "ArithmeticException: [DIVIDE_BY_ZERO]", ("== SQL (line 1",)),
)
JAVA = (
    Case(
        "boom",
        "User",
        "NumberFormatException",
        'java.lang.NumberFormatException: For input string: "x1"',
        ("in java.lang.IllegalStateException: line 7 of a.csv", "in java.lang.RuntimeException: load failed"),
    ),
    Case(
        "java_task",
        "User",
        "NumberFormatException",
        'java.lang.NumberFormatException: For input string: "x"',
    ),
    Case(
        "not_serializable",
        "User",
        "NotSerializableException",
        "java.io.NotSerializableException: com.acme.NotSer$Helper",
        ("in org.apache.spark.SparkException: Task not serializable",),
    ),
    Case("no_class", "User", "MainClassNotFound", "mainClass com.acme.None is not in", code=101),
    Case("no_jar", "User", "MainFileNotFound", "the image has no file /opt/none.jar", code=101),
    Case(
        "no_main", "User", "MainMethodMissing", "mainClass com.acme.NoMain has no public static method main"
    ),
    Case(
        "no_lib",
        "User",
        "ClassNotFound",
        "class com.acme.Lib is not on the class path",
        ("Old.main(Old.java:2)",),
    ),
    Case("old_lib", "User", "LibraryConflict", "a library has another version", ("com.acme.Lib.call",)),
    Case(
        "new_java",
        "User",
        "JavaVersion",
        "the application was compiled for Java 25 and the image has Java 17",
    ),
    Case("bad_serializer", "User", "ClassNotFound", "class com.acme.NoSerializer", ("etl.py",)),
    Case(
        "no_executors",
        "User",
        "NoExecutorsAsked",
        "spark.executor.instances is no number of executors",
        ("dynamicAllocation",),
    ),
    Case("no_script", "User", "MainFileNotFound", "the image has no file /opt/app/none.py", code=2),
)
MEMORY = (
    Case(
        "killed",
        "OutOfMemory",
        "OOMKilled",
        "the driver was killed",
        ("driver.memoryOverhead", "1434Mi"),
        137,
    ),
    Case(
        "memory_error",
        "OutOfMemory",
        "PythonMemory",
        "the driver's Python ran out",
        ("driver.memoryOverhead",),
    ),
    Case(
        "java_heap",
        "OutOfMemory",
        "JavaHeap",
        "the driver's JVM ran out of heap",
        ("driver.memory", "Hungry"),
    ),
    Case("broadcast", "OutOfMemory", "JavaHeap", "the driver's JVM ran out of heap", code=52),
    Case(
        "metaspace",
        "OutOfMemory",
        "Metaspace",
        "the JVM ran out of room for classes",
        ("driver.javaOptions",),
    ),
    Case(
        "max_result", "User", "ResultTooLarge", "the result for the driver", ("maxResultSize (1024.0 KiB)",)
    ),
    Case(
        "executor_heap", "OutOfMemory", "ExecutorHeap", "the JVM of executor 1", ("executor.memory", "etl.py")
    ),
    Case(
        "executor_killed",
        "OutOfMemory",
        "ExecutorOutOfMemory",
        "tasks failed again and again",
        ("executor 1: Command exited with code 137", "executor.memoryOverhead"),
    ),
)
STORAGE = (
    Case(
        "shuffle_lost", "Infrastructure", "ShuffleLost", "shuffle data went with its executors", ("etl.py",)
    ),
    Case("disk_full", "User", "DiskFull", "no space is left", ("executor.localStorage", "spark-local-dir-1")),
    Case(
        "s3_denied",
        "User",
        "S3AccessDenied",
        "S3 denied access to s3a://lake/out/x (403)",
        ("s3.credentials",),
    ),
    Case(
        "s3_read_only",
        "User",
        "S3AccessDenied",
        "S3 denied access to out/x/_temporary/0",
        ("Access Denied.",),
    ),
    Case(
        "s3_signature",
        "User",
        "S3CredentialsInvalid",
        "S3 does not take the credentials for s3a://lake/out/x",
    ),
    Case("s3_no_keys", "User", "S3CredentialsMissing", "there are no credentials for s3a://lake/raw/none"),
    Case("s3_bucket", "User", "S3BucketNotFound", "the bucket of s3a://no-such-lake/raw does not exist"),
    Case("s3_path", "User", "S3ObjectNotFound", "there is nothing at s3a://lake/raw/none:"),
    Case("s3_script", "User", "S3ObjectNotFound", "there is nothing at s3a://lake/jobs/none.py:"),
    Case("s3_refused", "Infrastructure", "S3Unreachable", "the S3 endpoint 127.0.0.1:9 does not answer"),
    Case(
        "s3_no_host", "Infrastructure", "S3Unreachable", "the S3 endpoint s3.none-such.invalid has no address"
    ),
    Case("s3_tls", "User", "S3EndpointTls", "TLS with the S3 endpoint failed"),
    Case(
        "s3_region", "User", "S3RequestRefused", "S3 refused the request for s3a://lake/raw", ("s3.region",)
    ),
    Case("metastore", "Infrastructure", "MetastoreUnreachable", "the Hive metastore does not answer"),
    Case(
        "iceberg_commit",
        "User",
        "CommitConflict",
        "another writer changed the Iceberg table",
        ("stale table",),
    ),
    Case(
        "iceberg_conflict",
        "User",
        "CommitConflict",
        "another writer",
        ("Found conflicting files", "delete.result()"),
    ),
    Case(
        "ivy_missing",
        "User",
        "PackageNotFound",
        "deps.packages: no repository has com.acme:none-such:1.0",
        ("deps.repositories",),
    ),
    Case(
        "ivy_refused",
        "Infrastructure",
        "RepositoryUnreachable",
        "deps.packages: com.acme:none-such:1.0: http://127.0.0.1:9/maven",
    ),
)
KUBERNETES = (
    Case(
        "kubernetes_executor_killed",
        "OutOfMemory",
        "ExecutorOutOfMemory",
        "tasks failed again and again because their executors were lost; the last one, executor 2",
        ("exit code 137(SIGKILL, possible container OOM)", "executor.memoryOverhead", "line 16, in <module>"),
    ),
    Case(
        "kubernetes_executor_heap",
        "OutOfMemory",
        "ExecutorHeap",
        "the JVM of executor 1 ran out of heap: raise executor.memory",
    ),
    Case(
        "kubernetes_worker_killed",
        "OutOfMemory",
        "PythonWorkerKilled",
        "a Python worker on an executor ended without a word",
        ("executor.memoryOverhead", "line 6, in <module>"),
    ),
    Case(
        "executors_failed",
        "User",
        "ExecutorsFailed",
        "more than 2 executors failed (spark.executor.maxNumFailures); none of them reached the driver",
        code=11,
    ),
    Case(
        "no_rights",
        "User",
        "DriverApiAccess",
        "the driver may not use the Kubernetes API",
        ("serviceAccountName", 'cannot get resource "pods"'),
    ),
)
R = (
    Case(
        "r_stop",
        "User",
        "RError",
        "RError: month 2013-13 does not exist",
        ('month("2013-13")', "load -> month"),
    ),
    Case("r_no_package", "User", "PackageNotInstalled", "the R package sparklyr is missing"),
)


@pytest.mark.parametrize(
    ("said", "category", "reason"),
    [
        ("[COMMIT_STATE_UNKNOWN] lake.a.t: no answer", "Infrastructure", "CommitStateUnknown"),
        (
            "[WRITING_JOB_ABORTED] lake.a.t: the metastore gives no answer: x",
            "Infrastructure",
            "MetastoreUnreachable",
        ),
        ("[WRITING_JOB_ABORTED] lake.a.t: a.t was changed by a writer", "User", "CommitConflict"),
        ("[UNSUPPORTED_FEATURE] MERGE is not run (sql.merge).", "User", "UnsupportedFeature"),
    ],
)
def test_what_the_program_that_runs_sail_says_of_a_write(said: str, category: str, reason: str) -> None:
    text = f"Traceback (most recent call last):\npyspark.errors.exceptions.connect.SparkException: {said}"
    found = classify(failed_driver(1), text)
    assert (found.category, found.reason) == (category, reason)
    assert said in found.message


CASES = (*PYTHON, *SQL, *JAVA, *MEMORY, *STORAGE, *KUBERNETES, *R, *SAIL)


def log(name: str) -> str:
    return (LOGS / f"{name}.txt").read_text()


@pytest.mark.parametrize("case", CASES, ids=[case.log for case in CASES])
def test_a_log_is_read_as_what_it_is(case: Case) -> None:
    found = classify(failed_driver(case.code), log(case.log))
    assert (found.category, found.reason) == (case.category, case.reason), found.message
    assert found.message.startswith(case.first)
    for text in case.contains:
        assert text in found.message


def test_every_log_has_its_case() -> None:
    logs = {path.stem for path in LOGS.glob("*.txt")}
    assert logs == {case.log for case in CASES} | {"running_without_executors"}


@pytest.mark.parametrize("name", ["s3_denied", "s3_bucket", "metastore", "disk_full"])
def test_the_root_cause_tells_enough_where_the_tail_begins_within_a_stack_trace(name: str) -> None:
    whole = log(name)
    start = whole.rindex("Py4JJavaError")
    expected = next(case for case in CASES if case.log == name)
    found = classify(failed_driver(), whole[whole.index("\n", start) + 1 :])
    assert (found.category, found.reason) == (expected.category, expected.reason)


@given(st.sampled_from(CASES), st.data())
def test_any_piece_of_a_log_gives_a_short_message(case: Case, data: st.DataObject) -> None:
    lines = log(case.log).splitlines()
    start = data.draw(st.integers(0, len(lines)))
    end = data.draw(st.integers(start, len(lines)))
    found = classify(failed_driver(case.code), "\n".join(lines[start:end]))
    assert found.message.strip()
    assert len(found.message) <= MESSAGE_LIMIT + 2


@pytest.mark.parametrize("level", ["INFO", "WARN"])
def test_spark_lines_of_other_threads_within_a_traceback_do_not_hide_it(level: str) -> None:
    lines = log("value_error").splitlines()
    middle = next(index for index, line in enumerate(lines) if "line 9, in main" in line)
    torn = [
        *lines[:middle],
        f"26/01/02 03:04:05 {level} BlockManagerInfo: Removed broadcast_0",
        *lines[middle:],
    ]
    assert classify(failed_driver(), "\n".join(torn)) == classify(failed_driver(), "\n".join(lines))


@pytest.mark.parametrize(
    ("kinds", "first"),
    [
        (
            ("java.lang.RuntimeException: no load", "java.lang.NullPointerException"),
            "java.lang.NullPointerException",
        ),
        (
            ("java.lang.RuntimeException: no load", "java.io.EOFException"),
            "java.lang.RuntimeException: no load",
        ),
        (("java.lang.reflect.InvocationTargetException", "java.io.EOFException"), "java.io.EOFException"),
    ],
)
def test_a_root_cause_without_a_message(kinds: tuple[str, str], first: str) -> None:
    text = 'Exception in thread "main" {}\n\tat com.acme.A.b(A.java:1)\nCaused by: {}\n\t... 3 more\n'
    found = classify(failed_driver(), text.format(*kinds))
    assert found.message.splitlines()[0] == first


def test_an_exception_that_python_ignored_is_not_the_failure() -> None:
    text = (
        log("value_error")
        + "Exception ignored in: <function Java.__del__>\nTraceback (most recent call last):\n"
    )
    assert (
        classify(failed_driver(), text + '  File "x.py", line 1, in f\nTypeError: x\n').reason == "ValueError"
    )


def test_secrets_in_an_error_do_not_reach_the_message() -> None:
    frame = '  File "a.py", line 1, in <module>\n    login(password="hunter2")\n'
    text = f"Traceback (most recent call last):\n{frame}ValueError: token=hunter2 was refused\n"
    found = classify(failed_driver(), text)
    assert "hunter2" not in found.message
    assert found.message.startswith("ValueError: token=***")


def test_the_annotation_of_spark_stands_in_for_a_log_that_is_gone() -> None:
    driver: dict[str, Any] = failed_driver()
    text = "java.lang.IllegalStateException: no rows\n\tat com.acme.Main.main(Main.java:3)\n"
    driver["metadata"]["annotations"] = {"spark.exit-exception": text}
    assert classify(driver, "").message.startswith("java.lang.IllegalStateException: no rows")


def test_a_driver_without_executors_says_that_a_quota_refuses_them() -> None:
    found = no_executors(log("running_without_executors"))
    assert found is not None
    assert (found.category, found.reason) == ("Quota", "QuotaExceeded")
    assert "exceeded quota: pods, requested: pods=1, used: pods=1, limited: pods=1" in found.message
    assert no_executors(log("value_error")) is None


def test_a_driver_without_executors_says_that_a_policy_refuses_them() -> None:
    text = log("running_without_executors").replace("exceeded quota:", "violates PodSecurity:")
    found = no_executors(text)
    assert found is not None
    assert (found.category, found.reason) == ("User", "ExecutorsRefused")


def test_executors_that_fail_again_and_again_are_told_with_the_reason_of_the_last() -> None:
    lost = log("kubernetes_executor_killed")
    end = "26/01/02 03:04:05 ERROR ExecutorPodsLifecycleManager: Max number of executor failures (2) reached"
    found = classify(failed_driver(11), f"{lost}\n{end}\n")
    assert (found.category, found.reason) == ("OutOfMemory", "ExecutorsFailed")
    assert "the last one, executor 2: The executor with id 2 exited with exit code 137" in found.message


@pytest.mark.parametrize("piece", ["token", "s3a://lake/a ", "-", "password=", "x\tat "])
def test_an_error_without_end_is_cut(piece: str) -> None:
    text = f"Traceback (most recent call last):\nValueError: {piece * 100_000}\n"
    found = classify(failed_driver(), text)
    assert found.message.startswith("ValueError: ")
    assert len(found.message) < 500


def test_a_run_without_executors_fails_as_what_refused_them() -> None:
    status = {
        "run": 1,
        "startedAt": timestamp(NOW),
        "attempt": {
            "number": 1,
            "pod": "etl-1-1-driver",
            "podUid": "etl-1-1-driver-uid",
            "applicationId": "spark-1",
            "createdAt": timestamp(NOW),
            "runningAt": timestamp(NOW),
        },
    }
    waiting = observed(
        status,
        drivers=(pod("Running"),),
        needs_executors=True,
        log_tail=log("running_without_executors"),
        now=later(minutes=2),
    )
    told = plan(waiting, SETTINGS).decision
    assert told is not None
    assert told.reason == "ExecutorsPending"
    assert "exceeded quota" in told.message
    failed = plan(replace(waiting, now=later(minutes=16)), SETTINGS).status
    assert failed is not None
    assert (failed["failure"]["category"], failed["reason"]) == ("Quota", "QuotaExceeded")
    assert "exceeded quota" in failed["message"]
    assert "timeouts.executorStart 15m" in failed["message"]
