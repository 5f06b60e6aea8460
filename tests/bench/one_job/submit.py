"""One application two ways: by a SparkJob, and by spark-submit with the configuration the SparkJob got."""

import json
import os
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from demo import kube, pipeline

from bench.one_job.phases import Moments, followed
from emberlake.core.properties import render

NAME = "bench-one-job"
NS = pipeline.NAMESPACE
APP = Path(__file__).with_name("app.py")
SELECTOR = "bench=one-job"
_LABELS = {"bench": "one-job"}
_MAIN = "local:///opt/bench/app.py"
# Made by each submission for itself.
_OWN = (
    "spark.app.id",
    "spark.app.submitTime",
    "spark.driver.bindAddress",
    "spark.driver.host",
    "spark.kubernetes.driver.pod.name",
    "spark.kubernetes.executor.podNamePrefix",
    "spark.kubernetes.executor.podTemplateFile",
    "spark.kubernetes.submitInDriver",
    "spark.master",
    "spark.submit.deployMode",
)


def script() -> None:
    """Put the application into a ConfigMap that both drivers mount."""
    document = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": NAME},
        "data": {APP.name: APP.read_text()},
    }
    kube.apply(document, NS)


def by_spark_job() -> tuple[Moments, dict[str, str]]:
    """Apply the SparkJob; its moments since then, and the files of its ConfigMap."""
    kube.kubectl("delete", "sparkjob", NAME, "-n", NS, "--ignore-not-found")
    job = {
        "apiVersion": "emberlake.dev/v1alpha1",
        "kind": "SparkJob",
        "metadata": {"name": NAME},
        "spec": {
            "type": "Python",
            "mainApplicationFile": _MAIN,
            "driver": {
                "coreRequest": "200m",
                "memory": "1Gi",
                "template": _template("spark-kubernetes-driver"),
            },
            "executor": {
                "coreRequest": "200m",
                "memory": "1Gi",
                "template": {"metadata": {"labels": _LABELS}},
            },
        },
    }
    _gone()
    with followed(NS, SELECTOR) as moments:
        start = time.time()
        kube.apply(job, NS)
        status = kube.wait_state("sparkjob", NAME, NS, ("Succeeded", "Failed"), 300)["status"]
        moments["told as ended"] = time.time()
        if status["state"] != "Succeeded":
            raise RuntimeError(f"{status['reason']}: {status['message']}")
        moments.update(_printed(status["attempt"]["pod"]))
    config_map = kube.get("configmap", status["attempt"]["pod"].removesuffix("driver") + "conf", NS)["data"]
    kube.kubectl("delete", "sparkjob", NAME, "-n", NS)
    return _since(start, moments), config_map


def by_spark_submit(spark: Path, config_map: Mapping[str, str], folder: Path) -> Moments:
    """Run spark-submit; the moments since it was started."""
    conf = {
        key: value for key, value in _properties(config_map["spark.properties"]).items() if key not in _OWN
    }
    conf |= {
        "spark.kubernetes.driver.podTemplateFile": str(folder / "driver.yaml"),
        "spark.kubernetes.executor.podTemplateFile": str(folder / "executor.yaml"),
    }
    (folder / "spark.properties").write_text(render(conf))
    (folder / "driver.yaml").write_text(yaml.safe_dump(_restricted(_template("spark-kubernetes-driver"))))
    (folder / "executor.yaml").write_text(config_map["pod-spec-template.yml"])
    server = kube.kubectl("config", "view", "--minify", "-o", "jsonpath={.clusters[0].cluster.server}")
    command = [
        str(spark / "bin/spark-submit"),
        *("--master", f"k8s://{server}", "--deploy-mode", "cluster"),
        *("--properties-file", str(folder / "spark.properties"), _MAIN),
    ]
    environment = {**os.environ, "SPARK_HOME": str(spark), "KUBECONFIG": kube.KUBECONFIG}
    _gone()
    with followed(NS, SELECTOR) as moments:
        start = time.time()
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        moments["told as ended"] = time.time()
        if done.returncode:
            raise RuntimeError(done.stderr[-3000:])
        (pod,) = kube.items("pods", NS, f"{SELECTOR},spark-role=driver")
        moments.update(_printed(pod["metadata"]["name"]))
    kube.kubectl("delete", "pod", pod["metadata"]["name"], "-n", NS)
    return _since(start, moments)


def _gone() -> None:
    """Wait until no pod of the run before is left, whose moments would be taken for this one's."""
    kube.kubectl("wait", "pod", "-n", NS, "-l", SELECTOR, "--for=delete", "--timeout=120s")


def _since(start: float, moments: Moments) -> Moments:
    return {phase: moment - start for phase, moment in moments.items()}


def _printed(pod: str) -> Moments:
    log = kube.kubectl("logs", pod, "-n", NS)
    (line,) = (line for line in log.splitlines() if line.startswith("BENCH "))
    found: Moments = json.loads(line.removeprefix("BENCH "))
    return found


def _properties(text: str) -> dict[str, str]:
    pairs = (line.split("=", 1) for line in text.splitlines() if line and not line.startswith("#"))
    return {key.replace("\\:", ":"): value.replace("\\\\", "\\") for key, value in pairs}


def _template(container: str) -> dict[str, Any]:
    mount = {"name": "bench", "mountPath": str(Path(_MAIN.removeprefix("local://")).parent)}
    return {
        "metadata": {"labels": _LABELS},
        "spec": {
            "containers": [{"name": container, "volumeMounts": [mount]}],
            "volumes": [{"name": "bench", "configMap": {"name": NAME}}],
        },
    }


def _restricted(template: dict[str, Any]) -> dict[str, Any]:
    """What Pod Security `restricted` asks for, which spark-submit does not add."""
    spec = template["spec"]
    spec["securityContext"] = {
        "runAsNonRoot": True,
        "runAsUser": 185,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    spec["containers"][0]["securityContext"] = {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
    }
    return template
