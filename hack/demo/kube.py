"""The local cluster as a user has it: kubectl with the project's kubeconfig, and port-forwards."""

import base64
import json
import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

ROOT = Path(__file__).parents[2]
T = TypeVar("T")
KUBECONFIG = os.environ.get("KUBECONFIG", str(ROOT / ".build/kubeconfig"))


class KubectlError(RuntimeError):
    """kubectl failed; the message is what it wrote."""


def kubectl(*arguments: str, stdin: str | None = None) -> str:
    """Run kubectl and return what it printed.

    Raises:
        KubectlError: with kubectl's own words.
    """
    done = subprocess.run(
        ["kubectl", "--kubeconfig", KUBECONFIG, *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise KubectlError(f"kubectl {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout


def get(kind: str, name: str, namespace: str) -> dict[str, Any]:
    """An object as JSON."""
    found: dict[str, Any] = json.loads(kubectl("get", kind, name, "-n", namespace, "-o", "json"))
    return found


def items(kind: str, namespace: str, selector: str = "") -> list[dict[str, Any]]:
    """Objects of a kind as JSON."""
    text = kubectl("get", kind, "-n", namespace, "-l", selector, "-o", "json")
    found: list[dict[str, Any]] = json.loads(text)["items"]
    return found


def apply(document: dict[str, Any] | str, namespace: str) -> str:
    """Apply a manifest with strict validation."""
    text = document if isinstance(document, str) else json.dumps(document)
    return kubectl("apply", "--validate=strict", "-n", namespace, "-f", "-", stdin=text)


def wait(what: str, seconds: float, look: Callable[[], T | None]) -> T:
    """Look again and again until `look` returns something.

    Raises:
        TimeoutError: names `what` did not happen.
    """
    deadline = time.monotonic() + seconds
    while (found := look()) is None:
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds:.0f} s for {what}")
        time.sleep(0.5)
    return found


def wait_state(
    kind: str, name: str, namespace: str, states: tuple[str, ...], seconds: float, run: int | None = None
) -> dict[str, Any]:
    """Wait until the object is in one of `states` (of this run, when given), at its present generation."""
    last: dict[str, Any] = {}

    def look() -> dict[str, Any] | None:
        found = get(kind, name, namespace)
        status = found.get("status") or {}
        last.update(status)
        fresh = status.get("observedGeneration") == found["metadata"]["generation"]
        if fresh and status.get("state") in states and run in (None, status.get("run")):
            return found
        return None

    try:
        return wait(f"{kind} {name} to be {' or '.join(states)}", seconds, look)
    except TimeoutError as error:
        raise TimeoutError(f"{error}; it is {last.get('state')}: {last.get('message')}") from None


def request_run(kind: str, name: str, namespace: str) -> int:
    """Ask for another run; returns its number."""
    run = int((get(kind, name, namespace).get("status") or {}).get("run", 0))
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()) + f".{time.monotonic_ns()}"
    kubectl("annotate", "--overwrite", kind, name, "-n", namespace, f"emberlake.dev/requested-at={stamp}")
    return run + 1


def secret(name: str, namespace: str) -> dict[str, str]:
    """The values of a Secret."""
    data = get("secret", name, namespace)["data"]
    return {key: base64.b64decode(value).decode() for key, value in data.items()}


@contextmanager
def forward(target: str, namespace: str, port: int) -> Iterator[int]:
    """Forward a local port to `target`; yields the local port."""
    command = ["kubectl", "--kubeconfig", KUBECONFIG, "port-forward", "-n", namespace, target, f":{port}"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline() if process.stdout else ""
        match = re.search(r"127\.0\.0\.1:(\d+) ->", line)
        if not match:
            _, problem = process.communicate(timeout=10)
            raise KubectlError(f"port-forward to {target}: {problem.strip()}")
        yield int(match[1])
    finally:
        process.terminate()
        process.wait(timeout=10)
