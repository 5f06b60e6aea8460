"""Runs the program of a driver pod on Sail, with a script of the test: as the pod does, or in this process on
a server that is there.
"""

import json
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from emberlake.sail import main
from emberlake.sail.config import load


def _configured(folder: Path, text: str, fields: dict[str, Any]) -> Path:
    file = folder / "application"
    file.write_text(text)
    document = {"engine": "Sail", "kind": "Python", "application": str(file), "runId": "uid/1", "attempt": 1}
    config = folder / "sail.json"
    config.write_text(json.dumps(document | fields))
    return config


def on_server(sail: str, folder: Path, text: str, **fields: Any) -> main.Outcome:
    """What an attempt comes to that runs `text` on the server at `sail`: a script, or statements with
    kind="SQL". Its output is this process's.
    """
    config = load(_configured(folder, text, fields))
    return main.run(config, int(sail.rpartition(":")[2]), folder, SimpleQueue(), lambda _: None)


@dataclass(frozen=True)
class Attempt:
    """An attempt in a process and with a server of its own."""

    folder: Path
    process: "subprocess.Popen[str]"

    @cached_property
    def ended(self) -> tuple[int, str]:
        """Exit code and all output; waits for the end."""
        out, _ = self.process.communicate(timeout=120)
        return self.process.returncode, out

    def end(self) -> None:
        """Make it end with all that it started."""
        self.process.terminate()
        self.process.wait(timeout=30)


def attempt(folder: Path, text: str, **fields: Any) -> Attempt:
    """Start an attempt."""
    config = _configured(folder, text, fields)
    command = [sys.executable, "-m", "emberlake.sail", "--config", str(config)]
    command += ["--termination-log", str(folder / "report.json")]
    return Attempt(
        folder, subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    )


def report(folder: Path) -> Any:
    """The termination message."""
    return json.loads((folder / "report.json").read_text())
