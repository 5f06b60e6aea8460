"""Runs the program of a driver pod on Sail, with a script of the test: as the pod does, or in this process on
a server that is there.
"""

import json
import subprocess
import sys
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
    return main.run(config, int(sail.rpartition(":")[2]), folder, SimpleQueue())


def attempt(folder: Path, text: str, **fields: Any) -> "subprocess.Popen[str]":
    """Start an attempt in a process and with a server of its own."""
    config = _configured(folder, text, fields)
    command = [sys.executable, "-m", "emberlake.sail", "--config", str(config)]
    command += ["--termination-log", str(folder / "report.json")]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def ended(program: "subprocess.Popen[str]") -> tuple[int, str]:
    """Exit code and all output of a program that ends by itself."""
    out, _ = program.communicate(timeout=120)
    return program.returncode, out


def report(folder: Path) -> Any:
    """The termination message."""
    return json.loads((folder / "report.json").read_text())
