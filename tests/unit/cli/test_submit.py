"""`emberlake submit`: what a command line of spark-submit means, and which files are taken."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from emberlake.api.quantity import memory_mib
from emberlake.api.v1alpha1.sparkjob import OWNED_CONF, SparkJobSpec
from emberlake.cli import sparksubmit, sparkunits
from emberlake.cli.main import main
from unit.cli.documents import job

PYTHON = "s3://lake/jobs/etl.py"
JAR = "local:///opt/app.jar"


def dry_run(capsys: pytest.CaptureFixture[str], *flags: str) -> tuple[dict[str, Any], str]:
    """The SparkJob that the flags mean, and what was said."""
    assert main(["submit", "--dry-run", *flags]) == 0
    printed = capsys.readouterr()
    document: dict[str, Any] = yaml.safe_load(printed.out)
    SparkJobSpec.model_validate(document["spec"])
    return document, printed.err


def refused(capsys: pytest.CaptureFixture[str], *flags: str) -> str:
    """What is said about flags that cannot be used; the exit code is 2."""
    try:
        code = main(["submit", "--dry-run", *flags])
    except SystemExit as exit_:
        code = int(exit_.code or 0)
    assert code == 2
    return capsys.readouterr().err


@pytest.mark.parametrize(
    ("flags", "wanted"),
    [
        (["--driver-memory", "2G"], {"driver": {"memory": "2g"}}),
        (["--executor-memory=1024"], {"executor": {"memory": "1024m"}}),
        (["--driver-cores", "2"], {"driver": {"cores": 2}}),
        (["--executor-cores", "4"], {"executor": {"cores": 4}}),
        (["--num-executors", "0"], {"executor": {"instances": 0}}),
        (["--driver-java-options", "-Xss4m -Da=b"], {"driver": {"javaOptions": "-Xss4m -Da=b"}}),
        (["--proxy-user", "alice"], {"proxyUser": "alice"}),
        (["--jars", "s3://b/a.jar, s3://b/b.jar,"], {"deps": {"jars": ["s3://b/a.jar", "s3://b/b.jar"]}}),
        (["--py-files", "s3://b/a.zip", "--files", "s3://b/c", "--archives", "s3://b/e.tgz#env"],
         {"deps": {"pyFiles": ["s3://b/a.zip"], "files": ["s3://b/c"], "archives": ["s3://b/e.tgz#env"]}}),
        (["--packages", "g:a:1", "--exclude-packages", "g:b", "--repositories", "https://r"],
         {"deps": {"packages": ["g:a:1"], "excludePackages": ["g:b"], "repositories": ["https://r"]}}),
        (["-c", "spark.a=1", "--conf", "spark.b=x=y"], {"sparkConf": {"spark.a": "1", "spark.b": "x=y"}}),
        (["--driver-class-path", "/a"], {"sparkConf": {"spark.driver.extraClassPath": "/a"}}),
        (["--driver-library-path", "/b"], {"sparkConf": {"spark.driver.extraLibraryPath": "/b"}}),
        (["--total-executor-cores", "9"], {"sparkConf": {"spark.cores.max": "9"}}),
        (["--principal", "me@R"], {"sparkConf": {"spark.kerberos.principal": "me@R"}}),
        (["--catalog", "lake", "--catalog", "ref"], {"catalogs": ["lake", "ref"]}),
        (["--engine", "Auto"], {"engine": "Auto"}),
        (["--release", "ember-1.0", "--image", "i:1"], {"release": "ember-1.0", "image": "i:1"}),
        (["--deploy-mode", "cluster"], {}),
    ],
)  # fmt: skip
def test_every_flag_has_its_field(
    flags: list[str], wanted: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    document, said = dry_run(capsys, *flags, PYTHON)
    assert document["spec"] == {"type": "Python", "mainApplicationFile": PYTHON, **wanted}
    assert said == ""


@pytest.mark.parametrize(
    ("flags", "main_file", "kind"),
    [
        ([], PYTHON, "Python"),
        ([], "s3a://b/x.PY", "Python"),
        ([], "https://h/x.R", "R"),
        (["--class", "a.B"], JAR, "Java"),
    ],
)
def test_the_type_follows_the_main_file(
    flags: list[str], main_file: str, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert dry_run(capsys, *flags, main_file)[0]["spec"]["type"] == kind


@pytest.mark.parametrize(
    "arguments",
    [
        ["--month", "2013-01"],
        ["--conf", "spark.x=1", "-n", "5", "-f", "file", "-o", "out"],
        ["--", "--name", "x"],
        ["--driver", "--exec"],
        ["-h"],
        ["", " ", "ü"],
        ["a=b", "--a=b"],
    ],
)
def test_what_follows_the_main_file_belongs_to_the_application(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    document, _ = dry_run(capsys, "--driver-cores", "2", PYTHON, *arguments)
    assert document["spec"]["arguments"] == arguments


@pytest.mark.parametrize(
    ("flags", "meta", "app_name"),
    [
        ([], {"generateName": "etl-"}, None),
        (["--name", "nightly"], {"name": "nightly"}, None),
        (["--name", "My ETL Job!"], {"name": "my-etl-job"}, "My ETL Job!"),
        (["--name", "42"], {"name": "job-42"}, "42"),
        (["--name", "x" * 60], {"name": "x" * 50}, "x" * 60),
        (["--conf", "spark.app.name=nightly"], {"name": "nightly"}, "nightly"),
        (["--name", "a", "--conf", "spark.app.name=b"], {"name": "a"}, "b"),
    ],
)
def test_names(
    flags: list[str], meta: dict[str, str], app_name: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    document, _ = dry_run(capsys, *flags, PYTHON)
    assert document["metadata"] == meta
    assert document["spec"].get("sparkConf", {}).get("spark.app.name") == app_name


def test_a_name_is_made_from_the_main_class(capsys: pytest.CaptureFixture[str]) -> None:
    assert dry_run(capsys, "--class", "com.acme.SparkPi", JAR)[0]["metadata"] == {"generateName": "spark-pi-"}


@given(st.text(min_size=1))
def test_any_name_makes_a_name_of_an_object(text: str) -> None:
    found = sparksubmit.object_metadata(text, PYTHON, None)[0]["name"]
    assert len(found) <= 50
    assert found == found.strip("-")
    assert found.replace("-", "a").isalnum()
    assert found.islower() or found[0].islower()


@pytest.mark.parametrize(
    ("flags", "namespace"),
    [
        ([], None),
        (["--conf", "spark.kubernetes.namespace=team"], "team"),
        (["-n", "mine", "--conf", "spark.kubernetes.namespace=team"], "mine"),
    ],
)
def test_the_namespace_of_the_settings_counts(
    flags: list[str], namespace: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    document, _ = dry_run(capsys, *flags, PYTHON)
    assert document["metadata"].get("namespace") == namespace
    assert "sparkConf" not in document["spec"]


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--master", "yarn"], "--master is ignored: the cluster is that"),
        (["--queue", "q"], "--queue is ignored"),
        (["--supervise"], "spec.retry"),
        (["--verbose"], "--dry-run"),
        (["--conf", "spark.master=k8s://x"], "spark.master is ignored: the operator sets it"),
        (["--conf", "my.setting=1"], "my.setting is ignored, as spark-submit does"),
        (["--name", "No Name"], "'No Name' cannot be the name of an object: the SparkJob is 'no-name'"),
    ],
)
def test_what_is_ignored_is_told(flags: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    document, said = dry_run(capsys, *flags, PYTHON)
    assert words in said
    assert not {"spark.master", "my.setting"} & document["spec"].get("sparkConf", {}).keys()


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ([], "name a YAML file with -f, or the main file"),
        (["etl.py"], "is a file of this machine: copy it to S3"),
        (["file:///tmp/etl.py"], "is a file of this machine"),
        (["--jars", "lib/a.jar", PYTHON], "--jars 'lib/a.jar' is a file of this machine"),
        (["--deploy-mode", "client", PYTHON], "runs in the cluster"),
        (["--keytab", "/k", PYTHON], "put it into a Secret"),
        ([JAR], "name its main class with --class"),
        (["--class", "a.B", PYTHON], "--class is for jars"),
        (["--driver-memory", "1.5g", PYTHON], "write a whole number"),
        (["--driver-cores", "x", PYTHON], "is not a whole number"),
        (["--driver-cores", "0", PYTHON], "spec.driver.cores 0"),
        (["--conf", "spark.a", PYTHON], "is not KEY=VALUE"),
        (["--packages", "group:artifact", PYTHON], "spec.deps.packages[0] 'group:artifact'"),
        (["--remote", "sc://x", PYTHON], "unrecognized arguments"),
        (["--properties-file", "/no/such", PYTHON], "/no/such cannot be read"),
        (["-f", "/no/such.yaml"], "/no/such.yaml cannot be read: No such file"),
        (["-f", "/dev/null", PYTHON], "-f takes no main file"),
    ],
)
def test_what_cannot_be_used_is_refused(
    flags: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert words in refused(capsys, *flags)


def test_a_properties_file_yields_to_conf(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "spark.properties"
    file.write_text("# a comment\nspark.a 1\nspark.b = two words \\\n  more\nspark.c:3\nother=x\n")
    document, said = dry_run(capsys, "--properties-file", str(file), "-c", "spark.c=4", PYTHON)
    assert document["spec"]["sparkConf"] == {"spark.a": "1", "spark.b": "two words more", "spark.c": "4"}
    assert "other is ignored" in said


def test_the_owned_settings_are_those_of_the_api() -> None:
    assert {*sparksubmit.OWNED, sparksubmit.NAMESPACE} == set(OWNED_CONF)


@given(st.integers(1, 10**6), st.sampled_from(["", "k", "m", "g", "KB", "Mb", "G", "t"]))
def test_memory_that_spark_reads_is_memory_of_the_api(number: int, unit: str) -> None:
    binary = {"": 2**20, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}
    size = number * binary[unit.lower()[:1]]
    if size < 2**20:
        with pytest.raises(ValueError, match="less than 1m"):
            sparkunits.memory(f"{number}{unit}")
    else:
        assert memory_mib(sparkunits.memory(f"{number}{unit}")) == size // 2**20


# From a file


def write(tmp_path: Path, *documents: dict[str, Any]) -> str:
    file = tmp_path / "job.yaml"
    file.write_text(yaml.safe_dump_all(documents))
    return str(file)


def test_a_file_is_checked_and_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["submit", "--dry-run", "-f", write(tmp_path, job(), job()), "-o", "yaml"]) == 0
    assert [found["kind"] for found in yaml.safe_load_all(capsys.readouterr().out)] == ["SparkJob"] * 2


@pytest.mark.parametrize(
    ("document", "flags", "words"),
    [
        ({"kind": "Pod", "apiVersion": "v1"}, [], "holds a Pod of v1: submit takes SparkJobs"),
        ({**job(), "apiVersion": "emberlake.dev/v9"}, [], "holds a SparkJob of emberlake.dev/v9"),
        ({**job(), "metadata": {}}, [], "metadata.name is missing"),
        ({**job(), "metadata": "x"}, [], "metadata.name is missing"),
        (job(), ["-n", "other"], "is for namespace demo, and -n names other"),
        (job(spec={"sparkCnf": {}}), [], "spec.sparkCnf {}: is no field of SparkJob"),
        (job(spec={"driver": {"memory": "1.5g"}}), [], "spec.driver.memory '1.5g': write a whole number"),
        ({**job(), "spec": None}, [], "spec None"),
    ],
)
def test_a_file_that_cannot_be_submitted(
    document: dict[str, Any], flags: list[str], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert words in refused(capsys, "-f", write(tmp_path, document), *flags)


def test_waiting_is_for_one_job(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "--wait waits for one SparkJob" in refused(capsys, "-f", write(tmp_path, job(), job()), "--wait")
