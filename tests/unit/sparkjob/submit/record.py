"""Records what the real spark-submit sends to the Kubernetes API, one golden file per case.

usage: python -m unit.sparkjob.submit.record SPARK_HOME [CASE...]   (`make goldens` gets Spark and runs it)
"""

import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from unit.sparkjob.submit.cases import GOLDEN, cases
from unit.sparkjob.submit.javaproperties import load
from unit.sparkjob.submit.stub import Stub, serving
from unit.sparkjob.submit.translate import Submission, submission

_WAIT = "spark.kubernetes.submission.waitAppCompletion"
_JVM = "-Xmx384m -XX:+UseSerialGC -XX:TieredStopAtLevel=1"
# Two at a time: each takes more than one core while its JVM starts.
_AT_ONCE = 2


def main(spark: Path, names: list[str]) -> None:
    """Record the named cases, or all of them; goldens without a case are removed."""
    wanted = cases()
    GOLDEN.mkdir(exist_ok=True)
    for stale in {path.stem for path in GOLDEN.iterdir()} - wanted.keys():
        (GOLDEN / f"{stale}.json").unlink()
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(lambda name: _record(spark, name, wanted[name]), names or wanted))


def _record(spark: Path, name: str, spec: dict[str, Any]) -> None:
    call = submission(spec)
    with TemporaryDirectory() as folder, serving() as stub:
        run(spark, call, stub, Path(folder))
        found = {
            "spark": os.environ["SPARK_VERSION"],
            "arguments": call.arguments,
            "templates": call.templates,
            "written": normal(stub.written, stub.url, folder),
        }
    (GOLDEN / f"{name}.json").write_text(pretty(found) + "\n")
    print(name)


def pretty(value: Any, indent: int = 0) -> str:
    """JSON with everything that fits on one line of 120 characters on one line."""
    line = json.dumps(value, ensure_ascii=False)
    if len(line) + indent <= 120 or not isinstance(value, dict | list):
        return line
    if isinstance(value, list):
        opening, closing, parts = "[", "]", [pretty(item, indent + 1) for item in value]
    else:
        opening, closing = "{", "}"
        parts = [
            f"{json.dumps(key, ensure_ascii=False)}: {pretty(item, indent + 1)}"
            for key, item in value.items()
        ]
    pad = "\n" + " " * (indent + 1)
    return opening + pad + ("," + pad).join(parts) + "\n" + " " * indent + closing


def run(spark: Path, call: Submission, stub: Stub, folder: Path) -> None:
    """Run spark-submit against the stub.

    Raises:
        subprocess.CalledProcessError: spark-submit failed; its words went to standard error.
    """
    for role, template in call.templates.items():
        (folder / f"{role}.json").write_text(json.dumps(template))
    for empty in ("conf", "ivy"):
        (folder / empty).mkdir()
    arguments = [argument.replace("{templates}", str(folder)) for argument in call.arguments]
    ivy = f"spark.jars.ivy={folder}/ivy"
    own = ["--master", f"k8s://{stub.url}", "--conf", f"{_WAIT}=false", "--conf", ivy]
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "SPARK_HOME": str(spark),
        "SPARK_CONF_DIR": f"{folder}/conf",
        "SPARK_USER": "spark",
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_SUBMIT_OPTS": f"{_JVM} -Divy.home={folder}/ivy",
        "DEFAULT_ARTIFACT_REPOSITORY": f"{stub.url}/maven/",
        "LC_ALL": "C.UTF-8",
    }
    if "JAVA_HOME" in os.environ:
        environment["JAVA_HOME"] = os.environ["JAVA_HOME"]
    done = subprocess.run(
        [spark / "bin/spark-submit", *own, *arguments],
        env=environment,
        cwd=folder,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if done.returncode:
        sys.stderr.write(done.stdout)
        done.check_returncode()


def normal(written: list[dict[str, Any]], url: str, folder: str) -> list[dict[str, Any]]:
    """The objects with names for what differs from call to call, and with ConfigMaps' files read."""
    pod = next(document for document in written if document["kind"] == "Pod")
    prefix = pod["metadata"]["name"].removesuffix("-driver")
    application = pod["metadata"]["labels"]["spark-app-selector"]
    text = json.dumps([_read(document) for document in written], ensure_ascii=False)
    for found, name in (
        (url, "{API}"),
        (folder, "{templates}"),
        (application, "{APP_ID}"),
        (prefix, "{PREFIX}"),
    ):
        text = text.replace(found, name)
    text = re.sub(r"spark-drv-[0-9a-f]{16}-conf-map", "{CONF}", text)
    text = re.sub(r"spark-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "spark-{UUID}", text)
    documents: list[dict[str, Any]] = json.loads(text)
    return documents


def _read(document: dict[str, Any]) -> dict[str, Any]:
    data = document.get("data", {})
    if "spark.properties" in data:
        settings = load(data["spark.properties"])
        # Of the recorder, not of the case.
        for own in (_WAIT, "spark.jars.ivy", "spark.app.submitTime"):
            settings.pop(own)
        data["spark.properties"] = dict(sorted(settings.items()))
    if "podspec-configmap-key" in data:
        data["podspec-configmap-key"] = yaml.safe_load(data["podspec-configmap-key"])
    return document


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
