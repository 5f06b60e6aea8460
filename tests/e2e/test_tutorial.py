"""Every command of the tutorial, as it stands there."""

import os
import re
import subprocess

import pytest
from demo import kube

from e2e.conftest import Pass

pytestmark = pytest.mark.e2e

TUTORIAL = kube.ROOT / "docs/tutorial/README.md"


def commands() -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", TUTORIAL.read_text(), re.DOTALL)
    lines = [line for block in blocks for line in block.strip().splitlines()]
    # The suite has installed the platform already, and KUBECONFIG is set below.
    return [line for line in lines if not line.startswith(("make deploy", "export KUBECONFIG"))]


@pytest.mark.parametrize("command", commands(), ids=lambda command: command[:60])
def test_the_command_works(main_job: Pass, command: str) -> None:
    environment = {**os.environ, "KUBECONFIG": kube.KUBECONFIG, "PYTHONPATH": str(kube.ROOT / "hack")}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        cwd=kube.ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
