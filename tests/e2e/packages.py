"""A Maven repository and a Python index, served by one pod of the cluster: each holds one tiny package."""

import base64
import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager

from demo import kube, pipeline

NAME = "packages"
COORDINATE = "dev.emberlake.test:greeting:1.0"
REQUIREMENT = "hello-ember==1.0"
_POM = """<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>dev.emberlake.test</groupId><artifactId>greeting</artifactId><version>1.0</version>
</project>
"""


@contextmanager
def served() -> Iterator[str]:
    """Serve both until the end of the block; yields the URL with the index under simple/ and maven/."""
    kube.kubectl("delete", "pod", NAME, "-n", pipeline.NAMESPACE, "--ignore-not-found", "--now")
    for document in (_files(), _pod()):
        kube.apply(document, pipeline.NAMESPACE)
    kube.kubectl("wait", "--for=condition=Ready", "pod", NAME, "-n", pipeline.NAMESPACE, "--timeout=60s")
    # by its address: a Service is reachable only some time after its pod is ready
    address = kube.get("pod", NAME, pipeline.NAMESPACE)["status"]["podIP"]
    yield f"http://{address}:8080"
    kube.kubectl("delete", "pod,configmap", NAME, "-n", pipeline.NAMESPACE, "--wait=false", "--now")


def _content() -> dict[str, bytes]:
    """Every served file by its path."""
    wheel, info = "hello_ember-1.0-py3-none-any.whl", "hello_ember-1.0.dist-info"
    artifact = "maven/dev/emberlake/test/greeting/1.0/greeting-1.0"
    return {
        "simple/hello-ember/index.html": f'<a href="{wheel}">{wheel}</a>'.encode(),
        f"simple/hello-ember/{wheel}": _zip(
            {
                "hello_ember.py": 'WORD = "from the index"\n',
                f"{info}/METADATA": "Metadata-Version: 2.1\nName: hello-ember\nVersion: 1.0\n",
                f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
                f"{info}/RECORD": "hello_ember.py,,\n",
            }
        ),
        f"{artifact}.pom": _POM.encode(),
        f"{artifact}.jar": _zip({"greeting.txt": "from the repository"}),
    }


def _zip(files: dict[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return out.getvalue()


def _files() -> dict[str, object]:
    data = {path.replace("/", "_"): base64.b64encode(body).decode() for path, body in _content().items()}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": NAME}, "binaryData": data}


def _pod() -> dict[str, object]:
    operator = kube.get("deployment", "emberlake-operator", pipeline.SYSTEM)
    items = [{"key": path.replace("/", "_"), "path": path} for path in _content()]
    container = {
        "name": "server",
        # any image with Python
        "image": operator["spec"]["template"]["spec"]["containers"][0]["image"],
        "command": ["python3", "-m", "http.server", "8080", "--directory", "/srv"],
        "readinessProbe": {"httpGet": {"path": "/", "port": 8080}, "periodSeconds": 1},
        "volumeMounts": [{"name": "files", "mountPath": "/srv"}],
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
    }
    spec = {
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "automountServiceAccountToken": False,
        "containers": [container],
        "volumes": [{"name": "files", "configMap": {"name": NAME, "items": items}}],
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": NAME, "labels": {"app": NAME}},
        "spec": spec,
    }
