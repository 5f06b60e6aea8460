from typing import Any

import pytest

from emberlake.sparkjob.failure import classify, error_message, redact
from unit.sparkjob.fixtures import pod

PYTHON_LOG = """26/01/02 03:04:05 INFO SparkContext: Running Spark version 4.1.4
Traceback (most recent call last):
  File "/tmp/spark-1/etl.py", line 12, in <module>
    main()
  File "/tmp/spark-1/etl.py", line 8, in main
    raise ValueError("month 2013-13 does not exist")
ValueError: month 2013-13 does not exist
26/01/02 03:04:09 INFO ShutdownHookManager: Shutdown hook called
"""
JAVA_LOG = """Exception in thread "main" org.apache.spark.SparkException: Job aborted.
\tat org.apache.spark.Foo.bar(Foo.scala:1)
Caused by: java.io.FileNotFoundException: No such file: s3a://lake/none
\tat org.apache.hadoop.Baz.qux(Baz.java:1)
"""


def failed(exit_code: int = 1, reason: str = "Error", **status: Any) -> dict[str, Any]:
    ended = {"terminated": {"exitCode": exit_code, "reason": reason}}
    return pod("Failed", containerStatuses=[{"state": ended}], **status)


def test_a_python_job_fails_with_the_last_line_of_its_traceback() -> None:
    found = classify(failed(), PYTHON_LOG)
    assert (found.category, found.reason) == ("User", "ValueError")
    assert found.message.splitlines()[0] == "ValueError: month 2013-13 does not exist"
    assert 'etl.py", line 8, in main' in found.message


def test_a_java_job_fails_with_its_root_cause() -> None:
    found = classify(failed(), JAVA_LOG)
    assert found.message == "java.io.FileNotFoundException: No such file: s3a://lake/none"
    assert found.reason == "FileNotFoundException"


@pytest.mark.parametrize(
    ("manifest", "log", "category", "reason"),
    [
        (failed(137, "OOMKilled"), "", "OutOfMemory", "OOMKilled"),
        (failed(1), "SparkUserAppException: User application exited with 137", "OutOfMemory", "OOMKilled"),
        (failed(1), "java.lang.OutOfMemoryError: Java heap space", "OutOfMemory", "JavaHeap"),
        (pod("Failed", reason="Evicted", message="low on memory"), "", "Evicted", "DriverEvicted"),
        (pod("Failed", reason="NodeLost"), "", "Infrastructure", "NodeLost"),
        (pod("Failed"), "", "Infrastructure", "DriverFailed"),
        (failed(3), "nothing to see", "User", "ApplicationFailed"),
    ],
)
def test_categories(manifest: dict[str, Any], log: str, category: str, reason: str) -> None:
    found = classify(manifest, log)
    assert (found.category, found.reason) == (category, reason)
    assert found.message


@pytest.mark.parametrize(
    "text",
    [
        "fs.s3a.secret.key=hunter2",
        "AWS_SECRET_ACCESS_KEY: hunter2",
        '{"password": "hunter2"}',
        "token=hunter2&x=1",
    ],
)
def test_secrets_are_taken_out(text: str) -> None:
    assert "hunter2" not in redact(text)
    assert "hunter2" not in error_message(f"Traceback (most recent call last):\nValueError: {text}\n")
