"""Runs the program of a driver pod on Sail as the pod does, with a script of the test."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any


def attempt(folder: Path, text: str, **fields: Any) -> "subprocess.Popen[str]":
    """Start an attempt that runs `text`: a script, or statements with kind="SQL"."""
    file = folder / "application"
    file.write_text(text)
    document = {"engine": "Sail", "kind": "Python", "application": str(file), "runId": "uid/1", "attempt": 1}
    (folder / "sail.json").write_text(json.dumps(document | fields))
    command = [sys.executable, "-m", "emberlake.sail", "--config", str(folder / "sail.json")]
    command += ["--termination-log", str(folder / "report.json")]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def ended(program: "subprocess.Popen[str]") -> tuple[int, str]:
    """Exit code and all output of a program that ends by itself."""
    out, _ = program.communicate(timeout=120)
    return program.returncode, out


def report(folder: Path) -> Any:
    """The termination message."""
    return json.loads((folder / "report.json").read_text())
