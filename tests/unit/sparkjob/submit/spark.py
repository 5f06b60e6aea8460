"""Runs the real Spark against the stub: spark-submit, and the driver that its configuration makes."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unit.sparkjob.submit.stub import Stub
from unit.sparkjob.submit.translate import Submission

_WAIT = "spark.kubernetes.submission.waitAppCompletion"
_IVY = "spark.jars.ivy"
OWN_SETTINGS = (_WAIT, _IVY)
_JVM = "-Xmx400m -XX:+UseSerialGC -XX:TieredStopAtLevel=1"
_SECONDS = 120
# A main class of Spark's own that makes a SparkContext and stays.
_MAIN = ("--class", "org.apache.spark.sql.connect.service.SparkConnectServer", "spark-internal")
# Nothing is fetched, and no script is asked for devices: executor pods depend on neither.
_IDLE = {
    **dict.fromkeys(
        ("spark.jars", "spark.files", "spark.archives", "spark.submit.pyFiles", "spark.jars.packages"), ""
    ),
    **{f"spark.driver.resource.{name}.amount": "0" for name in ("gpu", "fpga")},
    "spark.ui.enabled": "false",
    # Options of the driver's JVM may contradict those of the recorder.
    "spark.driver.extraJavaOptions": "",
    # The heap that Spark believes to have.
    "spark.testing.memory": str(2**31),
}


@dataclass(frozen=True)
class Spark:
    """An unpacked Spark, the API to talk to, and a folder to work in."""

    home: Path
    stub: Stub
    folder: Path

    def submit(self, call: Submission) -> None:
        """Run spark-submit.

        Raises:
            subprocess.CalledProcessError: it failed; its words went to standard error.
        """
        for role, template in call.templates.items():
            (self.folder / f"{role}.json").write_text(json.dumps(template))
        arguments = [argument.replace("{templates}", str(self.folder)) for argument in call.arguments]
        own = ["--conf", f"{_WAIT}=false", "--conf", f"{_IVY}={self.folder}/ivy"]
        command = [*self._command(), *own, *arguments]
        done = subprocess.run(
            command, env=self._environment(), cwd=self.folder, text=True, capture_output=True, check=False
        )
        if done.returncode:
            sys.stderr.write(done.stderr)
            done.check_returncode()

    def drive(self, properties: str, template: Mapping[str, Any], address: str) -> None:
        """Run a driver with these properties, as the image's entrypoint does, until it asks for an executor.

        Args:
            address: of loopback, in place of the pod's: its ports are fixed.

        Raises:
            RuntimeError: it ended, or it asked for no executor in time; its words went to standard error.
        """
        (self.folder / "spark.properties").write_text(properties)
        (self.folder / "pod.json").write_text(json.dumps(template))
        settings = {
            "spark.driver.bindAddress": address,
            "spark.connect.grpc.binding.address": address,
            "spark.executorEnv.SPARK_DRIVER_POD_IP": address,
            "spark.kubernetes.driver.master": self.stub.url,
            **({"spark.kubernetes.executor.podTemplateFile": f"{self.folder}/pod.json"} if template else {}),
            **_IDLE,
        }
        own = [part for key, value in settings.items() for part in ("--conf", f"{key}={value}")]
        files = ["--deploy-mode", "client", "--properties-file", f"{self.folder}/spark.properties"]
        command = [*self._command(), *own, "--driver-memory", "400m", *files, *_MAIN]
        with (self.folder / "driver.log").open("w+") as log:
            process = subprocess.Popen(
                command, env=self._environment(), cwd=self.folder, stdout=log, stderr=subprocess.STDOUT
            )
            asked = self._asked(process)
            process.kill()
            process.wait()
            if not asked:
                sys.stderr.write((self.folder / "driver.log").read_text())
                raise RuntimeError("the driver asked for no executor")

    def _asked(self, process: subprocess.Popen[bytes]) -> bool:
        for _ in range(_SECONDS):
            if self.stub.executor_asked.wait(1):
                return True
            if process.poll() is not None:
                return False
        return False

    def _command(self) -> list[str]:
        return [str(self.home / "bin/spark-submit"), "--master", f"k8s://{self.stub.url}"]

    def _environment(self) -> dict[str, str]:
        (self.folder / "conf").mkdir(exist_ok=True)
        kept = {name: os.environ[name] for name in ("PATH", "JAVA_HOME") if name in os.environ}
        return kept | {
            "HOME": str(self.folder),
            "SPARK_HOME": str(self.home),
            "SPARK_CONF_DIR": f"{self.folder}/conf",
            "SPARK_USER": "spark",
            "SPARK_LOCAL_IP": "127.0.0.1",
            "SPARK_SUBMIT_OPTS": f"{_JVM} -Divy.home={self.folder}/ivy",
            "DEFAULT_ARTIFACT_REPOSITORY": f"{self.stub.url}/maven/",
            "LC_ALL": "C.UTF-8",
        }
