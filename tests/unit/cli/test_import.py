"""SparkApplications become SparkJobs, and nothing is lost without a word."""

import copy
from pathlib import Path as File
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from emberlake.cli.errors import UsageError
from emberlake.cli.kubeflow.convert import Converted, convert
from emberlake.cli.main import main
from emberlake.cli.paths import dotted
from unit.cli.sparkapplications import MINIMAL, Path, application, at, leaves, lost, maximal, spec_of


def other(value: Any) -> Any:
    """A value of the same type that says something else."""
    return (not value) if isinstance(value, bool) else value + 1 if isinstance(value, int) else f"{value}x"


def outcome(document: dict[str, Any]) -> Converted | str:
    try:
        return convert(document)
    except UsageError as error:
        return str(error)


def is_told(found: Converted, path: Path) -> bool:
    name = dotted(path)
    return any(name.startswith(each.path) for each in found.lost)


def assert_noticed(document: dict[str, Any], path: Path) -> None:
    """The field is in the SparkJob, or in the report."""
    before = convert(document)
    changed = copy.deepcopy(document)
    at(changed, path[:-1])[path[-1]] = other(at(document, path))
    assert is_told(before, path) or outcome(changed) != before, f"{dotted(path)} is lost without a word"


def fields(document: dict[str, Any]) -> list[Path]:
    return [path for path in leaves(document) if path[0] in ("metadata", "spec")]


MAXIMAL = maximal()


@pytest.mark.parametrize("path", fields(MAXIMAL), ids=dotted)
def test_every_field_is_carried_or_told(path: Path) -> None:
    assert_noticed(MAXIMAL, path)


SCHEDULED = maximal("ScheduledSparkApplication")


@pytest.mark.parametrize(
    "path", [path for path in fields(SCHEDULED) if path[:2] != ("spec", "template")], ids=dotted
)
def test_every_field_of_a_schedule_is_told(path: Path) -> None:
    assert_noticed(SCHEDULED, path)


def test_the_template_of_a_schedule_is_read_like_an_application() -> None:
    assert convert(SCHEDULED).document["spec"] == convert(MAXIMAL).document["spec"]
    assert {each.path.replace("spec.template.", "spec.") for each in convert(SCHEDULED).lost} >= set(
        lost(MAXIMAL)
    )


def optional_paths(document: Any, path: Path = ()) -> list[Path]:
    """Fields of Spark's own types that may be left out."""
    needed = {*MINIMAL["spec"], "apiVersion", "kind", "metadata", "spec", "name", "path", "key", "secretType"}
    needed |= {
        "containerPort",
        "protocol",
        "quantity",
        "jmxExporterJar",
        "exposeDriverMetrics",
        "exposeExecutorMetrics",
    }
    needed |= {"servicePort", "servicePortName", "ip"}
    found: list[Path] = []
    if isinstance(document, dict):
        for key, value in document.items():
            found += [(*path, key)] if key not in needed else []
            found += optional_paths(value, (*path, key))
    return found


@settings(max_examples=60)
@given(st.data())
def test_any_part_of_an_application_becomes_a_valid_job(data: st.DataObject) -> None:
    document = copy.deepcopy(MAXIMAL)
    for path in data.draw(st.lists(st.sampled_from(optional_paths(MAXIMAL)), max_size=60, unique=True)):
        try:
            del at(document, path[:-1])[path[-1]]
        except KeyError:
            continue
    if "mainClass" not in document["spec"]:
        document["spec"]["type"] = "Python"
    spec_of(document)
    assert_noticed(document, data.draw(st.sampled_from(fields(document))))


MAPPINGS = [
    (),
    ("metadata",),
    ("spec",),
    ("spec", "driver"),
    ("spec", "executor"),
    ("spec", "deps"),
    ("spec", "monitoring"),
    ("spec", "monitoring", "prometheus"),
    ("spec", "restartPolicy"),
    ("spec", "dynamicAllocation"),
    ("spec", "sparkUIOptions"),
    ("spec", "driver", "gpu"),
    ("spec", "driver", "configMaps", 0),
    ("spec", "executor", "secrets", 0),
]


@pytest.mark.parametrize("path", MAPPINGS, ids=lambda path: dotted(path) or "top")
def test_an_unknown_field_is_told(path: Path) -> None:
    document = copy.deepcopy(MAXIMAL)
    at(document, path)["surprise"] = {"a": 1}
    assert lost(document)[dotted((*path, "surprise"))].startswith(
        "SparkApplication v1beta2 has no such field"
    )


def test_what_the_api_server_wrote_is_left_behind() -> None:
    document = application()
    document["metadata"] |= {"uid": "u", "resourceVersion": "1", "generation": 3, "creationTimestamp": None}
    document["metadata"]["annotations"] = {
        "kubectl.kubernetes.io/last-applied-configuration": "{}",
        "mine": "x",
    }
    document["status"] = {"driverInfo": {}}
    found = convert(document)
    assert found.document["metadata"] == {"name": "pi", "annotations": {"mine": "x"}}
    assert lost(document)["status"]


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"type": "Java"}, "spec.mainClass is missing"),
        ({"type": "Perl"}, "spec.type"),
        ({"mainApplicationFile": "/opt/pi.py"}, "needs a scheme"),
        ({"mainApplicationFile": None}, "main_application_file|mainApplicationFile"),
        ({"driver": {"cores": "1"}}, "DriverSpec.cores: Input should be a valid integer"),
        ({"volumes": 5}, "no valid SparkApplication"),
        ({"driver": None}, "driver"),
    ],
)
def test_what_cannot_become_a_job_is_refused(spec: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        convert(application(**spec))


def run_import(tmp_path: File, *documents: dict[str, Any]) -> int:
    file = tmp_path / "app.yaml"
    file.write_text(yaml.safe_dump_all(documents))
    return main(["import", "sparkapplication", str(file)])


def test_the_command_prints_yaml_and_tells(tmp_path: File, capsys: pytest.CaptureFixture[str]) -> None:
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "spark"}}
    assert run_import(tmp_path, application(), account, application(driver={"podName": "x"})) == 0
    printed = capsys.readouterr()
    jobs = [found for found in yaml.safe_load_all(printed.out) if found]
    assert [(job["kind"], job["metadata"]["name"]) for job in jobs] == [("SparkJob", "pi")] * 2
    assert "# not carried: spec.driver.podName: " in printed.out
    assert "SparkApplication pi: not carried: spec.driver.podName: " in printed.err
    assert "ServiceAccount spark: left out" in printed.err


def test_the_command_fails_for_what_it_cannot_convert(
    tmp_path: File, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_import(tmp_path, application(), application(type="Java")) == 1
    printed = capsys.readouterr()
    assert "kind: SparkJob" in printed.out
    assert "spec.mainClass is missing" in printed.err
    assert run_import(tmp_path, {"kind": "Pod", "metadata": {"name": "x"}}) == 1
