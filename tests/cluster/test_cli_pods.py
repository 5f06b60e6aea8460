"""Logs and UI by the command line, of real pods: no operator runs, the test writes the job's status."""

import urllib.request
from typing import Any

import pytest
from demo import kube

from cluster.commandline import Run, process, write_status
from cluster.jobs import CONTAINER_SECURITY, POD_SECURITY
from cluster.test_operator import job

pytestmark = pytest.mark.cluster


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
        "securityContext": CONTAINER_SECURITY,
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {**known, **labels}},
        "spec": {
            "restartPolicy": "Never",
            "terminationGracePeriodSeconds": 0,
            "securityContext": POD_SECURITY,
            "containers": [main],
        },
    }


DRIVER = """
import http.server
asked = 0
class Ui(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        global asked
        body = b'the Spark UI' * 20000
        self.send_response(200); self.send_header('Content-Length', str(len(body))); self.end_headers()
        self.wfile.write(body)
        # the driver ends with the second one, and with it what is not written yet
        asked += 1
        print('asked', flush=True)
    def log_message(self, *_):
        pass
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
    except ConnectionError:
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
