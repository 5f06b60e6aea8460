"""The state of the project that upgrades begin with, taken out of its history."""

import subprocess
from pathlib import Path

import pytest
from demo import kube

# Moved on at each release, to the release before it.
PREVIOUS = "ef833565dc599fa1aad240f347f036d925e1977a"


def unpack(folder: Path) -> Path:
    """Chart and operator as they were; skips the test where the history is not there (a shallow clone)."""
    known = ["git", "-C", str(kube.ROOT), "cat-file", "-e", f"{PREVIOUS}^{{commit}}"]
    if subprocess.run(known, capture_output=True, check=False).returncode:
        pytest.skip(f"the history holds no {PREVIOUS}")
    archive = subprocess.run(
        ["git", "-C", str(kube.ROOT), "archive", PREVIOUS, "operator", "charts"],
        stdout=subprocess.PIPE,
        check=True,
    )
    subprocess.run(["tar", "-x", "-C", str(folder)], input=archive.stdout, check=True)
    return folder
