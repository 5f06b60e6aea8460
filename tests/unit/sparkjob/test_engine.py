"""What runs an attempt, and the hand-over from Sail to Spark."""

import json
from dataclasses import replace
from typing import Any

import pytest

from emberlake.core.model import Plan
from emberlake.sail.report import Report, Unsupported
from emberlake.settings import Settings
from emberlake.sparkjob.observe import CatalogView, Observed
from emberlake.sparkjob.plan import plan
from emberlake.sparkjob.sailreport import read
from unit.sparkjob.fixtures import (
    CATALOG,
    LACKING,
    READY,
    SETTINGS,
    after,
    failed_driver,
    observed,
    pod,
    report,
    spec,
)


def asked(engine: str, **fields: Any) -> Observed:
    return observed(spec=spec(engine=engine, **fields))


def told(found: Plan) -> tuple[str, str]:
    assert found.status is not None
    return found.status["state"], found.status["reason"]


def running(engine: str, **status: Any) -> Observed:
    """A job whose first attempt runs on Sail, with these fields of its status."""
    job = asked(engine)
    begun = plan(job, SETTINGS)
    assert begun.status is not None
    assert begun.status["engine"] == "Sail"
    started = after(replace(begun, status={**begun.status, **status}), spec=job.spec)
    going = plan(replace(started, drivers=(pod("Running"),)), SETTINGS)
    return after(going, spec=job.spec, drivers=(pod("Running"),))


def ends(job: Observed, message: str, exit_code: int = 3, **ended: Any) -> Plan:
    driver = failed_driver(exit_code, message=message, **ended)
    return plan(replace(job, drivers=(driver,)), SETTINGS)


# Which engine


def test_a_job_runs_on_spark_unless_it_says_otherwise() -> None:
    found = plan(observed(), SETTINGS)
    assert found.status is not None
    assert (found.status["engine"], found.status["attempt"]["engine"]) == ("Spark", "Spark")
    assert "handedOver" not in found.status


@pytest.mark.parametrize("engine", ["Sail", "Auto"])
def test_sail_runs_what_asks_for_nothing_of_sparks_own(engine: str) -> None:
    found = plan(asked(engine), SETTINGS)
    assert found.status is not None
    assert (found.status["engine"], found.status["attempt"]["engine"]) == ("Sail", "Sail")
    assert told(found) == ("Starting", "DriverCreated")


UNFIT: list[tuple[str, dict[str, Any]]] = [
    ("spec.proxyUser ann", {"proxyUser": "ann"}),
    ("spec.mainApplicationFile hdfs://nn/etl.py", {"mainApplicationFile": "hdfs://nn/etl.py"}),
    ("spec.deps.jars", {"deps": {"jars": ["s3://lake/a.jar"]}}),
    ("spec.deps.packages", {"deps": {"packages": ["com.acme:rules:1"]}}),
    ("spec.deps.pyFiles", {"deps": {"pyFiles": ["s3://lake/a.zip"]}}),
    ("spec.deps.requirements", {"deps": {"requirements": ["numpy"]}}),
    ("spec.driver.gpu", {"driver": {"gpu": {"quantity": 1}}}),
    ("spec.driver.env PYTHONPATH", {"driver": {"env": [{"name": "PYTHONPATH", "value": "/x"}]}}),
    (
        "spec.mainApplicationFile local:///opt/spark/etl.py",
        {"mainApplicationFile": "local:///opt/spark/etl.py"},
    ),
    ("spec.driver.javaOptions", {"driver": {"javaOptions": "-Duser.timezone=CET"}}),
    ("spec.executor.env", {"executor": {"env": [{"name": "A", "value": "1"}]}}),
    ("spec.executor.template", {"executor": {"template": {"spec": {}}}}),
    (
        "spec.sparkConf spark.kubernetes.container.image",
        {"sparkConf": {"spark.kubernetes.container.image": "a:1"}},
    ),
    ("spec.ui.service", {"ui": {"service": True}}),
    (
        "spec.sparkConf spark.sql.ansi.enabled: it is 'false'",
        {"sparkConf": {"spark.sql.ansi.enabled": "false"}},
    ),
    ("spec.hadoopConf spark.hadoop.fs.s3a.endpoint", {"hadoopConf": {"fs.s3a.endpoint": "http://x"}}),
]


@pytest.mark.parametrize(("field", "fields"), UNFIT, ids=[field for field, _ in UNFIT])
def test_what_only_spark_has_is_refused_on_sail_and_runs_on_spark_with_auto(
    field: str, fields: dict[str, Any]
) -> None:
    refused = plan(asked("Sail", **fields), SETTINGS)
    assert told(refused) == ("Failed", "UnfitForSail")
    assert refused.actions == ()
    assert refused.status is not None
    failure = refused.status["failure"]
    assert failure["category"] == "Validation"
    assert failure["message"].startswith(field)
    assert "set spec.engine: Spark, or Auto" in failure["message"]

    begun = plan(asked("Auto", **fields), SETTINGS)
    assert told(begun) == ("Starting", "DriverCreated")
    assert begun.status is not None
    assert begun.status["engine"] == "Spark"
    assert begun.status["handedOver"]["reason"] == "UnfitForSail"
    assert begun.status["handedOver"]["message"].startswith(field)
    assert begun.status["handedOver"]["at"] == "2026-01-02T03:04:05Z"


def test_an_image_of_ones_own_is_sails_with_sail_and_sparks_with_auto() -> None:
    found = {engine: plan(asked(engine, image="acme/own:1"), SETTINGS).status for engine in ("Sail", "Auto")}
    assert [(status or {})["engine"] for status in found.values()] == ["Sail", "Spark"]
    assert (found["Auto"] or {})["handedOver"]["message"].startswith("spec.image acme/own:1")


@pytest.mark.parametrize(
    "driver",
    [
        {"volumes": [{"name": "code", "configMap": {"name": "code"}}],
         "volumeMounts": [{"name": "code", "mountPath": "/opt/code"}]},
        {"secrets": [{"name": "code", "path": "/opt/code"}]},
        {"template": {"spec": {"containers": [
            {"name": "spark-kubernetes-driver", "volumeMounts": [{"name": "code", "mountPath": "/opt/code/"}]}
        ], "volumes": [{"name": "code", "emptyDir": {}}]}}},
    ],
    ids=["volume", "Secret", "template"],
)  # fmt: skip
def test_a_script_on_a_volume_runs_on_sail(driver: dict[str, Any]) -> None:
    job = asked("Auto", mainApplicationFile="local:///opt/code/etl.py", driver=driver)
    found = plan(job, SETTINGS)
    assert (found.status or {})["engine"] == "Sail"


@pytest.mark.parametrize("engine", ["Spark", "Sail", "Auto"])
def test_a_template_that_is_no_pod_is_invalid_on_each_engine(engine: str) -> None:
    driver = {"template": {"spec": {"containers": [1]}}}
    job = asked(engine, mainApplicationFile="local:///opt/code/etl.py", driver=driver)
    assert told(plan(job, SETTINGS)) == ("Failed", "SpecInvalid")


def test_catalogs_of_two_object_stores_run_on_spark_with_auto() -> None:
    far = CATALOG.model_copy(update={"s3": CATALOG.s3.model_copy(update={"region": "eu-central-1"})})
    catalogs = {"lake": READY, "far": CatalogView(far, True, "")}
    job = replace(asked("Auto", catalogs=["lake", "far"]), catalogs=catalogs)
    found = plan(job, SETTINGS)
    assert (found.status or {})["engine"] == "Spark"
    assert (found.status or {})["handedOver"]["message"] == (
        "spec.catalogs: catalogs 'lake' and 'far' have different spec.s3, and Sail reaches one object store"
    )


def test_a_statement_that_sail_does_not_run_is_known_before_anything_is_written() -> None:
    text = (
        "INSERT INTO lake.a.t VALUES (1);\nMERGE INTO lake.a.t USING s ON t.a = s.a WHEN MATCHED THEN DELETE"
    )
    begun = plan(asked("Auto", type="SQL", mainApplicationFile=None, sql={"text": text}), SETTINGS)
    assert (begun.status or {})["engine"] == "Spark"
    assert (begun.status or {})["handedOver"]["message"].startswith("spec.sql.text line 2: MERGE")


def test_java_runs_on_spark_with_auto() -> None:
    begun = plan(asked("Auto", type="Java", mainClass="com.acme.Etl"), SETTINGS)
    assert begun.status is not None
    assert begun.status["engine"] == "Spark"
    assert begun.status["handedOver"]["message"].startswith("spec.type Java")


def test_a_setting_of_the_operator_keeps_jobs_from_sail_as_their_own_does() -> None:
    document = SETTINGS.model_dump()
    document["defaults"]["spark_conf"] = {"spark.sql.ansi.enabled": "false"}
    found = plan(asked("Auto"), Settings.model_validate(document))
    assert found.status is not None
    assert found.status["engine"] == "Spark"
    assert "operator default spark.sql.ansi.enabled" in found.status["handedOver"]["message"]


def test_sizes_of_executors_keep_no_job_from_sail() -> None:
    job = asked(
        "Sail", executor={"instances": 4, "memory": "8Gi", "offHeap": "1Gi", "placement": "Spot"},
        dynamicAllocation={"maxExecutors": 4}, sparkConf={"spark.sql.shuffle.partitions": "8"},
    )  # fmt: skip
    assert told(plan(job, SETTINGS)) == ("Starting", "DriverCreated")


# How attempts on Sail end


def test_auto_goes_on_with_spark_in_an_attempt_that_counts_against_nothing() -> None:
    job = running("Auto")
    over = ends(job, report(0, LACKING))
    assert told(over) == ("Retrying", "HandedOver")
    assert over.status is not None
    assert "attempt 2 runs on Spark: MERGE INTO runs on Spark (sql.merge)" in over.status["message"]
    assert over.status["handedOver"] == {
        "reason": "UnsupportedByEngine",
        "message": "MERGE INTO runs on Spark (sql.merge)",
        "at": "2026-01-02T03:04:05Z",
    }
    assert "retries" not in over.status
    assert "pastAttempts" not in over.status

    begun = plan(
        after(over, spec=job.spec, drivers=(failed_driver(3, message=report(0, LACKING)),)), SETTINGS
    )
    assert told(begun) == ("Starting", "DriverCreated")
    assert begun.status is not None
    assert begun.status["attempt"]["number"] == 2
    assert begun.status["engine"] == begun.status["attempt"]["engine"] == "Spark"
    assert begun.status["handedOver"] == over.status["handedOver"]


def test_a_run_that_was_handed_over_stays_on_spark() -> None:
    over = ends(running("Auto"), report(0, LACKING))
    job = asked("Auto", retry={"limit": 3, "categories": ["User"], "backoff": "1s"})
    second = plan(after(over, spec=job.spec), SETTINGS)
    failed = {**failed_driver(1), "metadata": pod("Failed", "etl-1-2-driver")["metadata"]}
    again = plan(after(second, spec=job.spec, drivers=(failed,)), SETTINGS)
    assert told(again)[0] == "Retrying"
    assert again.status is not None
    at = replace(job, now=job.now.replace(hour=23))
    third = plan(after(again, spec=job.spec, drivers=(failed,), now=at.now), SETTINGS)
    assert third.status is not None
    assert (third.status["attempt"]["number"], third.status["engine"]) == (3, "Spark")


def test_the_next_run_begins_on_sail_again() -> None:
    over = ends(running("Auto"), report(0, LACKING))
    job = asked("Auto")
    second = plan(after(over, spec=job.spec), SETTINGS)
    done = plan(after(second, spec=job.spec, drivers=(pod("Succeeded", "etl-1-2-driver"),)), SETTINGS)
    assert told(done)[0] == "Succeeded"
    assert done.status is not None
    assert done.status["handedOver"]["reason"] == "UnsupportedByEngine"
    annotated = replace(job.owner, annotations={"emberlake.dev/requested-at": "later"})
    anew = plan(after(done, spec=job.spec, owner=annotated), SETTINGS)
    assert anew.status is not None
    assert (anew.status["run"], anew.status["engine"]) == (2, "Sail")
    assert "handedOver" not in anew.status


def test_after_a_write_auto_fails_instead_of_writing_again() -> None:
    found = ends(running("Auto"), report(2, LACKING))
    assert told(found) == ("Failed", "UnsupportedAfterWrite")
    assert found.status is not None
    failure = found.status["failure"]
    assert failure["category"] == "User"
    assert "2 of its writes had been committed" in failure["message"]
    assert "sql.merge" in failure["message"]


@pytest.mark.parametrize(
    ("writes", "words"),
    [("Committed", "an earlier attempt of this run had committed a write"), ("Unknown", "without telling")],
)
def test_what_earlier_attempts_may_have_written_counts(writes: str, words: str) -> None:
    found = ends(running("Auto", sailWrites=writes), report(0, LACKING))
    assert told(found) == ("Failed", "UnsupportedAfterWrite")
    assert found.status is not None
    assert words in found.status["failure"]["message"]


def test_a_spec_that_became_unfit_for_sail_after_a_write_does_not_go_to_spark() -> None:
    job = asked("Auto", deps={"jars": ["s3://lake/a.jar"]})
    status = {"run": 1, "sailWrites": "Unknown"}
    found = plan(observed(status, spec=job.spec), SETTINGS)
    assert told(found) == ("Failed", "UnsupportedAfterWrite")


def test_sail_fails_with_the_feature_and_the_mend() -> None:
    found = ends(running("Sail"), report(1, LACKING))
    assert told(found) == ("Failed", "UnsupportedByEngine")
    assert found.status is not None
    failure = found.status["failure"]
    assert failure["category"] == "User"
    assert "MERGE INTO runs on Spark (sql.merge)" in failure["message"]
    assert "set spec.engine: Spark, or Auto" in failure["message"]


@pytest.mark.parametrize("engine", ["Sail", "Auto"])
@pytest.mark.parametrize(
    ("message", "exit_code", "reason", "ended"),
    [
        (report(0), 1, "ApplicationFailed", {}),
        ("no JSON", 3, "ApplicationFailed", {}),
        ('{"commits": -1, "unsupported": {"feature": "f", "message": "m"}}', 3, "ApplicationFailed", {}),
        ("[" * 4000, 3, "ApplicationFailed", {}),
    ],
)
def test_all_else_ends_as_on_spark(
    engine: str, message: str, exit_code: int, reason: str, ended: dict[str, Any]
) -> None:
    found = ends(running(engine), message, exit_code, **ended)
    assert told(found) == ("Failed", reason)


KILLED = "the driver was killed at its memory limit of 1434Mi"


@pytest.mark.parametrize(
    ("message", "exit_code"), [(report(0), 137), (report(0, LACKING), 3)], ids=["kill", "refusal after it"]
)
def test_auto_goes_on_with_spark_where_sail_was_killed_for_memory(message: str, exit_code: int) -> None:
    retry = {"limit": 3, "categories": ["OutOfMemory"]}
    job = replace(running("Auto"), spec=spec(engine="Auto", retry=retry))
    over = ends(job, message, exit_code, reason="OOMKilled")
    assert told(over) == ("Retrying", "HandedOver")
    assert over.status is not None
    assert f"attempt 2 runs on Spark: {KILLED}" in over.status["message"]
    assert over.status["handedOver"]["reason"] == "OutOfMemory"
    assert over.status["handedOver"]["message"].startswith(KILLED)
    assert not {"retries", "pastAttempts", "sailWrites"} & over.status.keys()
    begun = plan(after(over, spec=job.spec), SETTINGS)
    assert begun.status is not None
    assert (begun.status["attempt"]["number"], begun.status["engine"]) == (2, "Spark")


@pytest.mark.parametrize(
    ("message", "earlier", "words"),
    [
        (report(1), {}, "a write of this run has been committed, or may have been"),
        ("", {}, "nobody knows whether a write of this run has been committed"),
        (report(0), {"sailWrites": "Unknown"}, "nobody knows whether a write"),
        (report(0), {"sailWrites": "Committed"}, "a write of this run has been committed"),
    ],
)
def test_after_a_write_a_kill_for_memory_is_a_failure(
    message: str, earlier: dict[str, str], words: str
) -> None:
    found = ends(running("Auto", **earlier), message, 137)
    assert told(found) == ("Failed", "OOMKilled")
    assert found.status is not None
    failure = found.status["failure"]
    assert failure["category"] == "OutOfMemory"
    assert "raise driver.memoryOverhead" in failure["message"]
    assert words in failure["message"]


def test_a_kill_for_memory_after_a_write_is_tried_again_on_sail_where_the_job_asks_for_it() -> None:
    job = replace(
        running("Auto"), spec=spec(engine="Auto", retry={"limit": 1, "categories": ["OutOfMemory"]})
    )
    found = ends(job, report(1), 137)
    assert told(found) == ("Retrying", "OOMKilled")
    assert found.status is not None
    assert found.status["sailWrites"] == "Committed"


def test_sail_killed_for_memory_says_what_else_would_run_it() -> None:
    found = ends(running("Sail"), report(0), 137, reason="OOMKilled")
    assert told(found) == ("Failed", "OOMKilled")
    assert found.status is not None
    failure = found.status["failure"]
    assert failure["category"] == "OutOfMemory"
    assert failure["message"].startswith(KILLED)
    assert failure["message"].endswith("or driver.memory; or set spec.engine: Spark, or Auto")


def test_spark_killed_for_memory_is_told_of_no_other_engine() -> None:
    job = after(plan(observed(), SETTINGS), drivers=(failed_driver(137),))
    found = plan(job, SETTINGS)
    assert told(found) == ("Failed", "OOMKilled")
    assert found.status is not None
    assert "spec.engine" not in found.status["failure"]["message"]


def test_a_report_of_spark_means_nothing() -> None:
    job = after(plan(observed(), SETTINGS), drivers=(failed_driver(3, message=report(0, LACKING)),))
    assert told(plan(job, SETTINGS)) == ("Failed", "ApplicationFailed")


def test_a_driver_that_was_told_to_go_is_retried_on_sail() -> None:
    job = running("Auto")
    status = failed_driver(3, message=report(0, LACKING))["status"]
    lost = {"conditions": [{"type": "DisruptionTarget", "status": "True", "reason": "EvictionByEvictionAPI"}]}
    found = plan(replace(job, drivers=({**pod("Failed"), "status": {**status, **lost}},)), SETTINGS)
    assert told(found) == ("Retrying", "Evicted")
    assert found.status is not None
    assert "handedOver" not in found.status


@pytest.mark.parametrize(
    ("message", "writes"), [(report(0), None), (report(1), "Committed"), ("", "Unknown")]
)
def test_an_attempt_that_is_tried_again_leaves_what_it_may_have_written(
    message: str, writes: str | None
) -> None:
    job = running("Auto")
    job = replace(job, spec=spec(engine="Auto", retry={"limit": 1, "categories": ["User"]}))
    found = ends(job, message, 1)
    assert told(found)[0] == "Retrying"
    assert found.status is not None
    assert found.status.get("sailWrites") == writes


def test_what_is_stopped_may_have_written() -> None:
    job = running("Auto")
    found = plan(replace(job, spec=spec(engine="Auto", suspend=True)), SETTINGS)
    assert told(found)[0] == "Suspended"
    assert found.status is not None
    assert found.status["sailWrites"] == "Unknown"


def test_attempts_on_spark_note_nothing_of_the_kind() -> None:
    job = after(plan(observed(), SETTINGS), drivers=(pod("Running"),))
    found = plan(replace(job, spec=spec(suspend=True)), SETTINGS)
    assert found.status is not None
    assert "sailWrites" not in found.status


def test_secrets_in_a_report_reach_no_message() -> None:
    unsupported = {"feature": "sql.call", "message": "CALL f(password => 'hunter2')"}
    for engine in ("Sail", "Auto"):
        found = ends(running(engine), report(0, unsupported))
        assert "hunter2" not in json.dumps(found.status)


@pytest.mark.parametrize("told", [None, Unsupported("sql.merge", "MERGE \N{SNOWMAN}" * 2000)])
def test_what_the_program_reports_is_what_the_operator_reads(told: Unsupported | None) -> None:
    message = Report("0.7.2", 4, told).text()
    found = read(failed_driver(3, message=message))
    assert found is not None
    assert found.commits == 4
    assert (found.unsupported is None) == (told is None)
    assert found.unsupported is None or found.unsupported.feature == "sql.merge"


def test_a_driver_that_runs_has_no_report() -> None:
    assert read(pod("Running")) is None
