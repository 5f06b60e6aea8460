"""Records what the real Spark sends to the Kubernetes API: spark-submit, then the driver for an executor.

usage: python -m unit.sparkjob.submit.record SPARK_HOME [CASE...]   (`make goldens` gets Spark and runs it)
"""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from emberlake.api.v1alpha1.sparkjob import SparkJobSpec
from emberlake.sparkjob.build import Attempt, children
from unit.sparkjob.fixtures import SETTINGS, owner
from unit.sparkjob.submit.cases import GOLDEN, cases
from unit.sparkjob.submit.compare import differences, executor_view, view_of_ours
from unit.sparkjob.submit.normal import first_executor, normal
from unit.sparkjob.submit.spark import OWN_SETTINGS, Spark
from unit.sparkjob.submit.stub import serving
from unit.sparkjob.submit.translate import submission

# Two at a time: each takes more than one core while its JVM starts.
_AT_ONCE = 2
_WIDTH = 120

Document = dict[str, Any]


def main(home: Path, names: list[str]) -> int:
    """Record the named cases, or all of them; goldens without a case are removed.

    Returns:
        How many failed; why went to standard error.
    """
    wanted = cases()
    GOLDEN.mkdir(exist_ok=True)
    for stale in {path.stem for path in GOLDEN.iterdir()} - wanted.keys():
        (GOLDEN / f"{stale}.json").unlink()

    def one(case: tuple[int, str]) -> bool:
        number, name = case
        address = f"127.0.1.{number + 1}"
        try:
            _record(home, name, wanted[name], address)
            _check_ours(home, wanted[name], address)
        except (RuntimeError, subprocess.CalledProcessError) as error:
            print(f"{name} failed: {error}", file=sys.stderr, flush=True)
            return False
        print(name, flush=True)
        return True

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(one, enumerate(names or wanted))).count(False)


def _record(home: Path, name: str, spec: Document, address: str) -> None:
    call = submission(spec)
    with TemporaryDirectory() as folder, serving() as stub:
        spark = Spark(home, stub, Path(folder))
        spark.submit(call)
        submitted = list(stub.written)
        properties = next(
            document["data"]["spark.properties"]
            for document in submitted
            if "spark.properties" in document.get("data", {})
        )
        spark.drive(properties, call.templates.get("executor", {}), address)
        found = {
            "spark": os.environ["SPARK_VERSION"],
            "arguments": call.arguments,
            "templates": call.templates,
            "written": _without_own(normal(submitted, {stub.url: "{API}", folder: "{templates}"})),
            "executor": first_executor(stub.written[len(submitted) :], submitted, address),
        }
    (GOLDEN / f"{name}.json").write_text(pretty(found) + "\n")


def _without_own(documents: list[Document]) -> list[Document]:
    """Without settings of the recorder and the time, and sorted."""
    for document in documents:
        if settings := document.get("data", {}).get("spark.properties"):
            kept = settings.keys() - {*OWN_SETTINGS, "spark.app.submitTime"}
            document["data"]["spark.properties"] = {key: settings[key] for key in sorted(kept)}
    return documents


def _check_ours(home: Path, spec: Document, address: str) -> None:
    """Run a real driver with what Emberlake builds: its executor must be the one that the tests work out.

    Raises:
        RuntimeError: it is another; names the fields.
    """
    built = children(owner(), SparkJobSpec.model_validate(spec), [], SETTINGS, Attempt(1, 1))
    data = next(document["data"] for document in built if document["kind"] == "ConfigMap")
    with TemporaryDirectory() as folder, serving() as stub:
        Spark(home, stub, Path(folder)).drive(
            data["spark.properties"], json.loads(data["pod-spec-template.yml"]), address
        )
        made = executor_view(first_executor(stub.written, built, address))
    worked_out = view_of_ours(built, os.environ["SPARK_VERSION"])["executor"]
    if wrong := differences(made, worked_out):
        raise RuntimeError("\n".join(["executors.py does not know what Spark does:", *map(str, wrong)]))


def pretty(value: Any, indent: int = 0) -> str:
    """JSON with everything that fits on one line on one line."""
    line = json.dumps(value, ensure_ascii=False)
    if len(line) + indent <= _WIDTH or not isinstance(value, dict | list):
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


if __name__ == "__main__":
    sys.exit(min(main(Path(sys.argv[1]), sys.argv[2:]), 1))
