"""Render the chart with the pinned helm."""

import functools
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Manifest = dict[str, Any]
Render = Callable[..., list[Manifest]]

ROOT = Path(__file__).parents[3]
CHART = ROOT / "charts" / "emberlake"


def helm_path() -> str:
    """The project's own helm, otherwise one on PATH."""
    default_cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "emberlake"
    cached = Path(os.environ.get("EMBERLAKE_CACHE", default_cache)) / "tools" / "bin" / "helm"
    found = str(cached) if cached.is_file() else shutil.which("helm")
    if not found:
        pytest.fail(f"helm is neither at {cached} nor on PATH; `hack/tools.sh helm` gets it")
    return found


@functools.cache
def run_helm(*arguments: str) -> subprocess.CompletedProcess[str]:
    """`helm template` of the chart as release emberlake in namespace emberlake."""
    command = [helm_path(), "template", "emberlake", str(CHART), "--namespace", "emberlake", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)
