"""The two engines as processes that answer requests; one that dies or hangs is started anew."""

import json
import os
import selectors
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parent.parent
PROGRAM = TESTS.parent / "operator"
START_SECONDS = 240
SHORT_LIVED = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"


class EngineGoneError(Exception):
    """The process ended, or gave no answer in time."""


class Engine:
    """`spark` (Python of `spark_python`, jars of `spark_home`) or `sail`."""

    def __init__(
        self, name: str, command: list[str], env: dict[str, str], settings: dict[str, Any], logs: Path
    ) -> None:
        self.name, self.log = name, logs / f"{name}.log"
        self._command, self._env, self._settings = command, env, settings
        self._process: subprocess.Popen[str] | None = None
        self._files = ""
        self.version = ""

    def start(self) -> None:
        """Start the process and wait until its session stands."""
        with tempfile.NamedTemporaryFile("w", suffix=".json", delete=False) as file:
            json.dump(self._settings, file)
        self._files = tempfile.mkdtemp(prefix="compat-")
        env = {**os.environ, "TMPDIR": self._files, "TZ": "UTC", "PYTHONHASHSEED": "0", **self._env}
        with self.log.open("a") as log:
            self._process = subprocess.Popen(
                [*self._command, "-m", "compat.worker", self.name, file.name],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=env,
                start_new_session=True,
            )
        try:
            self.version = self._read(START_SECONDS)["version"]
        except EngineGoneError as err:
            raise RuntimeError(f"{self.name} does not start: {err}; its log is {self.log}") from err
        Path(file.name).unlink()

    def ask(self, request: dict[str, Any], seconds: float) -> dict[str, Any]:
        """The answer; EngineGoneError when there is none, and the next request starts a new process."""
        if self._process is None:
            self.start()
        assert self._process is not None
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            return self._read(seconds)
        except (OSError, EngineGoneError) as err:
            self.stop()
            raise EngineGoneError(str(err)) from err

    def _read(self, seconds: float) -> dict[str, Any]:
        assert self._process is not None
        assert self._process.stdout is not None
        with selectors.DefaultSelector() as ready:
            ready.register(self._process.stdout, selectors.EVENT_READ)
            if not ready.select(seconds):
                raise EngineGoneError(f"no answer within {seconds:.0f} s")
        line = self._process.stdout.readline()
        if not line:
            raise EngineGoneError(f"the process ended with {self._process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def stop(self) -> None:
        """End the process and what it started."""
        if self._process is not None:
            if self._process.poll() is None:
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None
            shutil.rmtree(self._files, ignore_errors=True)


def spark(
    home: Path,
    python_path: str,
    interpreter: Path,
    settings: dict[str, Any],
    logs: Path,
    env: dict[str, str],
) -> Engine:
    """Spark in local mode. `interpreter` has what Python UDFs need; `python_path` hides its own `pyspark`."""
    whole = {
        **env,
        "SPARK_HOME": str(home),
        "PYTHONPATH": f"{python_path}:{TESTS}",
        "PYSPARK_PYTHON": str(interpreter),
        "PYSPARK_SUBMIT_ARGS": f"--driver-memory 2g --driver-java-options '{SHORT_LIVED}' pyspark-shell",
    }
    return Engine("spark", [str(interpreter)], whole, settings, logs)


def sail(
    interpreter: Path,
    settings: dict[str, Any],
    logs: Path,
    env: dict[str, str] | None = None,
    gateway: str = "",
) -> Engine:
    """A Sail server and its client in one process; between them the gateway of a job of engine `gateway`."""
    return Engine(
        f"sail-{gateway}" if gateway else "sail",
        [str(interpreter)],
        {"PYTHONPATH": f"{TESTS}:{PROGRAM}", "RUST_LOG": "off", **(env or {})},
        settings,
        logs,
    )
