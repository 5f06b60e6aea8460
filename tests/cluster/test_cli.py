"""The command line against a real API server, with the test as kubelet."""

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from demo import kube

from cluster.commandline import Proxy, Run, kubeconfig, process, write, write_status
from cluster.conftest import OperatorProcess
from cluster.test_operator import drivers, job, one_driver, set_phase
from emberlake.cli.kubeflow.convert import convert
from unit.cli.sparkapplications import maximal

pytestmark = pytest.mark.cluster


def test_a_job_from_submit_to_its_end_and_again(
    shared: OperatorProcess, emberlake: Run, user: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    namespace = shared.namespace
    with process(user, "submit", "-f", write(tmp_path, job()), "--wait") as submit:
        one_driver(namespace, "etl-1-1-driver")
        set_phase(namespace, "etl-1-1-driver", "Running")
        assert emberlake("wait", "etl", "--for=Running", "--timeout=60s") == 0
        assert emberlake("wait", "etl", "--timeout=1s") == 4
        assert "SparkJob etl is still Running after 1s" in capsys.readouterr().err
        set_phase(namespace, "etl-1-1-driver", "Succeeded", 0)
        out, err = submit.communicate(timeout=60)
    assert submit.returncode == 0, err
    assert out.startswith(f"SparkJob etl created in namespace {namespace}")
    assert "etl: Running (run 1, attempt 1)" in err
    assert "SparkJob etl is Succeeded" in err

    with process(user, "rerun", "etl", "--wait", "--timeout", "60s") as rerun:
        one_driver(namespace, "etl-2-1-driver")
        set_phase(namespace, "etl-2-1-driver", "Failed", 1)
        _, err = rerun.communicate(timeout=60)
    assert rerun.returncode == 1
    assert "emberlake: SparkJob etl is Failed: User, " in err

    assert emberlake("describe", "etl") == 0
    text = capsys.readouterr().out
    for words in (
        "State:        Failed",
        "Failure:      User",
        "etl-2-1-driver",
        "DriverCreated",
        "Conditions:",
    ):
        assert words in text
    assert emberlake("cancel", "etl") == 0
    assert "is Failed already: there is nothing to cancel" in capsys.readouterr().out


def test_spark_submit_flags_conf_and_cancel(
    shared: OperatorProcess, emberlake: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    namespace = shared.namespace
    flags = ["--name", "flags", "--driver-memory", "1g", "--conf", "spark.acme.secret.key=hunter2"]
    assert emberlake("submit", *flags, "-o", "json", "local:///opt/app/etl.py", "--month", "2013-01") == 0
    made = json.loads(capsys.readouterr().out)
    assert made["spec"]["arguments"] == ["--month", "2013-01"]
    assert "managedFields" not in made["metadata"]
    managers = kube.kubectl(
        "get", "sparkjob", "flags", "-n", namespace, "--show-managed-fields", "-o", "json"
    )
    assert {field["manager"] for field in json.loads(managers)["metadata"]["managedFields"]} >= {
        "emberlake-cli"
    }

    one_driver(namespace, "flags-1-1-driver")
    assert emberlake("conf", "flags", "-o", "json") == 0
    printed = capsys.readouterr().out
    settings = json.loads(printed)
    assert settings["spark.driver.memory"] == {"value": "1024m", "source": "spec.driver.memory"}
    assert settings["spark.acme.secret.key"]["source"] == "spec.sparkConf"
    assert "hunter2" not in printed
    assert emberlake("conf", "flags", "--run", "7") == 3
    assert "there are: run 1 attempt 1" in capsys.readouterr().err

    assert emberlake("cancel", "flags", "--wait", "--timeout", "60s") == 0
    assert emberlake("wait", "flags") == 1
    assert "SparkJob flags is Cancelled" in capsys.readouterr().err


def test_lists(
    emberlake: Run, user: str, namespace: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert emberlake("list") == 0
    assert capsys.readouterr().out == f"No SparkJobs in namespace {namespace}.\n"
    kube.apply({**job("b"), "metadata": {"name": "b", "labels": {"team": "x"}}}, namespace)
    kube.apply(job("a"), namespace)
    assert emberlake("list") == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["NAME", "a", "b"]
    assert emberlake("get", "-A", "-l", "team=x", config=kube.KUBECONFIG) == 0
    assert f"{namespace} " in capsys.readouterr().out
    assert emberlake("get", "a", "-o", "yaml") == 0
    found = yaml.safe_load(capsys.readouterr().out)
    assert (found["kind"], found["metadata"]["name"]) == ("SparkJob", "a")
    assert emberlake("list", "-o", "json") == 0
    assert [item["metadata"]["name"] for item in json.loads(capsys.readouterr().out)["items"]] == ["a", "b"]

    line = f"emberlake --kubeconfig {user} describe "
    completing = {
        "_ARGCOMPLETE": "1",
        "_ARGCOMPLETE_IFS": " ",
        "COMP_LINE": line,
        "COMP_POINT": str(len(line)),
    }
    answer = tmp_path / "completions"
    environment = {**os.environ, **completing, "_ARGCOMPLETE_STDOUT_FILENAME": str(answer)}
    code = "from emberlake.cli.main import main; main()"
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
    assert {"a", "b"} <= set(answer.read_text().split())


def test_errors_are_one_line_with_an_exit_code(
    emberlake: Run, namespace: str, capsys: pytest.CaptureFixture[str]
) -> None:
    kube.apply(job(), namespace)
    for command, code, words in (
        ("get nope", 3, f"SparkJob nope not found in namespace {namespace}"),
        ("logs nope", 3, "SparkJob nope not found"),
        ("wait nope", 3, "SparkJob nope not found"),
        ("rerun nope", 3, "SparkJob nope not found"),
        ("cancel nope", 3, "SparkJob nope not found"),
        ("logs etl", 3, "the driver of run 1, attempt 1 has no pod (there are: none)"),
        ("conf etl", 3, "run 1, attempt 1 has no configuration"),
        ("ui etl", 3, "SparkJob etl is Pending, and the Spark UI lives as long as the driver runs"),
        ("submit --name etl local:///x.py", 5, "SparkJob etl exists already"),
        ("get etl --context nope", 5, "nope"),
    ):
        assert emberlake(*command.split()) == code, command
        error = capsys.readouterr().err
        assert words in error
        assert error.count("\n") == 1
    flags = ["-n", "no-such-namespace", "local:///x.py"]
    assert emberlake("submit", *flags, config=kube.KUBECONFIG) == 3
    assert "there is no namespace no-such-namespace" in capsys.readouterr().err


def test_the_api_server_judges_strictly(
    emberlake: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong: tuple[tuple[dict[str, Any], str], ...] = (
        ({"sparkCnf": {}}, 'unknown field "spec.sparkCnf"'),
        ({"driver": {"memry": "1g"}}, 'unknown field "spec.driver.memry"'),
        ({"mainClass": "a.B"}, "mainClass is for type Java"),
        ({"sparkConf": {"spark.master": "x"}}, "sparkConf must not set"),
    )
    for spec, words in wrong:
        assert emberlake("submit", "-f", write(tmp_path, job(**spec))) == 5
        assert words in capsys.readouterr().err
    assert emberlake("submit", "--check", "-f", write(tmp_path, job())) == 0
    assert emberlake("get", "etl") == 3


def test_an_imported_job_is_accepted(
    emberlake: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    application = maximal()
    del application["metadata"]["namespace"]
    python = {**application["spec"], "type": "Python", "dynamicAllocation": {"enabled": True}}
    restarted = {**python, "restartPolicy": {"type": "Always"}, "sparkUIOptions": {}, "volumes": []}
    variants = [application, {**application, "spec": python}, {**application, "spec": restarted}]
    assert (
        emberlake("submit", "--check", "-f", write(tmp_path, *(convert(each).document for each in variants)))
        == 0
    )
    assert capsys.readouterr().out.count("would be accepted") == len(variants)


def test_what_a_user_may_not_do_is_said(
    emberlake: Run, namespace: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    token = kube.kubectl("create", "token", "emberlake-executor", "-n", namespace).strip()
    assert emberlake("list", config=kubeconfig(tmp_path, token=token, namespace=namespace)) == 5
    error = capsys.readouterr().err
    assert "the API server refused: sparkjobs.emberlake.dev is forbidden" in error
    assert error.count("\n") == 1


def test_an_api_server_that_is_not_there(
    emberlake: Run, tmp_path: Path, unused_tcp_port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    config = kubeconfig(tmp_path, server=f"https://127.0.0.1:{unused_tcp_port}")
    assert emberlake("list", config=config) == 5
    error = capsys.readouterr().err
    assert f"cannot reach the API server https://127.0.0.1:{unused_tcp_port}" in error
    assert error.count("\n") == 1


def test_waiting_outlives_a_lost_connection(emberlake: Run, namespace: str, tmp_path: Path) -> None:
    kube.apply(job(), namespace)
    proxy = Proxy()
    config = kubeconfig(tmp_path, server=proxy.server, namespace=namespace)
    codes: list[int] = []
    waiting = threading.Thread(
        target=lambda: codes.append(emberlake("wait", "etl", "--timeout=60s", config=config)), daemon=True
    )
    waiting.start()
    kube.wait("the first connections", 30, lambda: True if proxy.served >= 1 else None)
    time.sleep(1)
    proxy.cut()
    write_status(namespace, state="Succeeded", finishedAt="2026-01-01T00:00:09Z")
    waiting.join(60)
    assert codes == [0]


# The documentation


DOCUMENTS = ("docs/reference/cli.md", "docs/how-to/import-from-kubeflow.md")


@contextmanager
def kubelet(namespace: str) -> Iterator[None]:
    """Every driver runs, and succeeds."""
    ended = threading.Event()

    def move() -> None:
        while not ended.wait(1):
            for pod in drivers(namespace):
                if (pod.get("status") or {}).get("phase", "Pending") == "Pending":
                    set_phase(namespace, pod["metadata"]["name"], "Succeeded", 0)

    thread = threading.Thread(target=move)
    thread.start()
    yield
    ended.set()
    thread.join()


def test_the_documented_commands_work(shared: OperatorProcess, user: str, tmp_path: Path) -> None:
    folder = Path(sys.executable).parent
    environment = {**os.environ, "KUBECONFIG": user, "PATH": f"{folder}:{os.environ['PATH']}"}
    texts = [(kube.ROOT / document).read_text() for document in DOCUMENTS]
    blocks = [block for text in texts for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL)]
    with kubelet(shared.namespace):
        for block in blocks:
            done = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", block],
                cwd=tmp_path,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, f"{block}\n{done.stderr}"
