"""The command line against a real API server, with the test as kubelet; logs and UI of a real pod."""

import http.client
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from demo import kube

from cluster.conftest import OperatorProcess
from cluster.test_operator import drivers, job, one_driver, set_phase
from emberlake.cli.kubeflow.convert import convert
from emberlake.cli.main import main
from unit.cli.sparkapplications import maximal

pytestmark = pytest.mark.cluster

Run = Callable[..., int]


def kubeconfig(
    folder: Path, *, server: str | None = None, token: str | None = None, namespace: str | None = None
) -> str:
    """The cluster's kubeconfig with another address, user or namespace."""
    config = yaml.safe_load(Path(kube.KUBECONFIG).read_text())
    if server:
        config["clusters"][0]["cluster"]["server"] = server
    if token:
        config["users"][0]["user"] = {"token": token}
    if namespace:
        config["contexts"][0]["context"]["namespace"] = namespace
    folder.mkdir(exist_ok=True)
    file = folder / "kubeconfig"
    file.write_text(yaml.safe_dump(config))
    return str(file)


@pytest.fixture
def user(namespace: str, tmp_path: Path) -> str:
    """A kubeconfig of somebody who has the rights that the documentation asks for, and no more."""
    text = (kube.ROOT / "docs/reference/cli.md").read_text()
    rules = yaml.safe_load(re.findall(r"```yaml\n(rules:.*?)```", text, re.DOTALL)[0])
    rbac = {"apiVersion": "rbac.authorization.k8s.io/v1", "metadata": {"name": "people"}}
    binding = {
        "kind": "RoleBinding",
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "people"},
        "subjects": [{"kind": "ServiceAccount", "name": "emberlake-crawler", "namespace": namespace}],
    }
    items = [{**rbac, "kind": "Role", **rules}, {**rbac, **binding}]
    kube.apply({"apiVersion": "v1", "kind": "List", "items": items}, namespace)
    token = kube.kubectl("create", "token", "emberlake-crawler", "-n", namespace).strip()
    return kubeconfig(tmp_path / "user", token=token, namespace=namespace)


@pytest.fixture
def emberlake(user: str) -> Run:
    """Runs the command line; returns its exit code."""

    def run(*arguments: str, config: str = user) -> int:
        command, *rest = arguments
        return main([command, "--kubeconfig", config, *rest])

    return run


@contextmanager
def process(user: str, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    """The command line as a process of its own, for what ends only later."""
    command = [sys.executable, "-c", "import sys; from emberlake.cli.main import main; sys.exit(main())"]
    command += ["--kubeconfig", user, *arguments]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield running
    finally:
        running.kill()
        running.communicate()


def write(folder: Path, *documents: dict[str, Any]) -> str:
    file = folder / "job.yaml"
    file.write_text(yaml.safe_dump_all(documents))
    return str(file)


def test_a_job_from_submit_to_its_end_and_again(
    operator: OperatorProcess,
    emberlake: Run,
    user: str,
    namespace: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
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
    operator: OperatorProcess, emberlake: Run, namespace: str, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = ["--name", "etl", "--driver-memory", "1g", "--conf", "spark.hadoop.fs.s3a.secret.key=hunter2"]
    assert emberlake("submit", *flags, "-o", "json", "local:///opt/app/etl.py", "--month", "2013-01") == 0
    made = json.loads(capsys.readouterr().out)
    assert made["spec"]["arguments"] == ["--month", "2013-01"]
    assert "managedFields" not in made["metadata"]
    managers = kube.kubectl("get", "sparkjob", "etl", "-n", namespace, "--show-managed-fields", "-o", "json")
    assert {field["manager"] for field in json.loads(managers)["metadata"]["managedFields"]} >= {
        "emberlake-cli"
    }

    one_driver(namespace, "etl-1-1-driver")
    assert emberlake("conf", "etl", "-o", "json") == 0
    printed = capsys.readouterr().out
    settings = json.loads(printed)
    assert settings["spark.driver.memory"] == {"value": "1024m", "source": "spec.driver.memory"}
    assert settings["spark.hadoop.fs.s3a.secret.key"]["source"] == "spec.sparkConf"
    assert "hunter2" not in printed
    assert emberlake("conf", "etl", "--run", "7") == 3
    assert "there are: run 1 attempt 1" in capsys.readouterr().err

    assert emberlake("cancel", "etl", "--wait", "--timeout", "60s") == 0
    assert emberlake("wait", "etl") == 1
    assert "SparkJob etl is Cancelled" in capsys.readouterr().err


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


class Proxy:
    """Passes connections on to the API server, until it is cut."""

    def __init__(self) -> None:
        config = yaml.safe_load(Path(kube.KUBECONFIG).read_text())
        host, _, port = config["clusters"][0]["cluster"]["server"].removeprefix("https://").partition(":")
        self._target = (host, int(port))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self.served = 0
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def server(self) -> str:
        return f"https://127.0.0.1:{self._listener.getsockname()[1]}"

    def _accept(self) -> None:
        while True:
            near, _ = self._listener.accept()
            far = socket.create_connection(self._target)
            self._open += [near, far]
            self.served += 1
            for source, target in ((near, far), (far, near)):
                threading.Thread(target=self._pass, args=(source, target), daemon=True).start()

    @staticmethod
    def _pass(source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                target.sendall(data)
        except OSError:
            return

    def cut(self) -> None:
        """End all connections, as an API server that restarts."""
        for connection in self._open:
            connection.shutdown(socket.SHUT_RDWR)
            connection.close()
        self._open.clear()


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
        while not ended.wait(0.3):
            for pod in drivers(namespace):
                if (pod.get("status") or {}).get("phase", "Pending") == "Pending":
                    set_phase(namespace, pod["metadata"]["name"], "Succeeded", 0)

    thread = threading.Thread(target=move)
    thread.start()
    yield
    ended.set()
    thread.join()


def test_the_documented_commands_work(operator: OperatorProcess, namespace: str, tmp_path: Path) -> None:
    config = kubeconfig(tmp_path, namespace=namespace)
    folder = Path(sys.executable).parent
    environment = {**os.environ, "KUBECONFIG": config, "PATH": f"{folder}:{os.environ['PATH']}"}
    texts = [(kube.ROOT / document).read_text() for document in DOCUMENTS]
    blocks = [block for text in texts for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL)]
    with kubelet(namespace):
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


# A job with real pods: no operator runs, the test writes the status


def write_status(namespace: str, **fields: Any) -> None:
    generation = kube.get("sparkjob", "etl", namespace)["metadata"]["generation"]
    began = "2026-01-01T00:00:00Z"
    attempt = {"number": 1, "pod": "etl-1-1-driver", "applicationId": "spark-1", "createdAt": began}
    status = {"observedGeneration": generation, "run": 1, "startedAt": began, "attempt": attempt, **fields}
    patch = json.dumps({"status": status})
    kube.kubectl(
        "patch", "sparkjob", "etl", "-n", namespace, "--subresource=status", "--type=merge", "-p", patch
    )


def real_pod(name: str, container: str, script: str, labels: dict[str, str]) -> dict[str, Any]:
    image = kube.kubectl(
        "get", "deployment", "-n", "emberlake", "-l", "app.kubernetes.io/component=operator",
        "-o", "jsonpath={.items[0].spec.template.spec.containers[0].image}",
    )  # fmt: skip
    known = {"emberlake.dev/kind": "SparkJob", "emberlake.dev/name": "etl"}
    known |= {"emberlake.dev/run": "1", "emberlake.dev/attempt": "1"}
    main = {
        "name": container,
        "image": image,
        "command": ["python3", "-c", script],
        "ports": [{"name": "spark-ui", "containerPort": 4040}],
        "resources": {"requests": {"cpu": "5m", "memory": "16Mi"}, "limits": {"memory": "64Mi"}},
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {**known, **labels}},
        "spec": {"restartPolicy": "Never", "terminationGracePeriodSeconds": 0, "containers": [main]},
    }


DRIVER = """
import http.server
asked = 0
class Ui(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = b'the Spark UI' * 20000
        self.send_response(200); self.send_header('Content-Length', str(len(body))); self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_):
        global asked
        asked += 1
        print('asked', flush=True)
print('driver starts', flush=True)
server = http.server.ThreadingHTTPServer(('127.0.0.1', 4040), Ui)
server.timeout = 0.2
while asked < 2:
    server.handle_request()
print('driver ends', flush=True)
"""


def fetch(port: int) -> bytes | None:
    """The page, None before the pod listens."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=20) as answer:
            return bytes(answer.read())
    except http.client.RemoteDisconnected:
        return None


def test_logs_and_ui_of_real_pods(
    emberlake: Run, user: str, namespace: str, capfd: pytest.CaptureFixture[str], unused_tcp_port: int
) -> None:
    kube.apply(job(), namespace)
    write_status(namespace, state="Running", message="driver runs")
    executor = {"emberlake.dev/role": "executor", "spark-exec-id": "3"}
    pods = [
        real_pod("etl-1-1-driver", "spark-kubernetes-driver", DRIVER, {"emberlake.dev/role": "driver"}),
        real_pod("etl-1-1-exec-3", "spark-kubernetes-executor", "print('task done')", executor),
    ]
    kube.apply({"apiVersion": "v1", "kind": "List", "items": pods}, namespace)
    # Waits for the pod to start, and ends with it.
    with process(user, "logs", "etl", "-f") as follow:
        kube.kubectl("wait", "pod/etl-1-1-driver", "-n", namespace, "--for=condition=Ready", "--timeout=60s")
        with process(user, "ui", "etl", "--port", str(unused_tcp_port)) as ui:
            assert ui.stdout is not None
            assert ui.stdout.readline() == (
                f"Spark UI of etl: http://127.0.0.1:{unused_tcp_port} (ends with Ctrl-C)\n"
            )
            for _ in range(2):
                assert kube.wait("the UI", 60, lambda: fetch(unused_tcp_port)) == b"the Spark UI" * 20000
        out, err = follow.communicate(timeout=60)
    assert (follow.returncode, out) == (0, "driver starts\nasked\nasked\ndriver ends\n"), err
    kube.kubectl(
        "wait",
        "pod/etl-1-1-exec-3",
        "-n",
        namespace,
        "--for=jsonpath={.status.phase}=Succeeded",
        "--timeout=60s",
    )
    capfd.readouterr()
    assert emberlake("logs", "etl", "--executor", "3") == 0
    assert capfd.readouterr().out == "task done\n"
    assert emberlake("logs", "etl", "--tail", "1") == 0
    assert capfd.readouterr().out == "driver ends\n"
    assert emberlake("logs", "etl", "--executor", "4") == 3
    assert "the executor 4 of run 1, attempt 1 has no pod" in capfd.readouterr().err
    assert emberlake("logs", "etl", "--previous") == 3
