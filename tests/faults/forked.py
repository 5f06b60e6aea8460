"""The operator's process, forked from one that has imported it already: a start costs no imports."""

import asyncio
import os
from collections.abc import Mapping

from kubernetes.aio.config import kube_config

from emberlake.__main__ import main


def run(environment: Mapping[str, str], log: str) -> None:
    """Be the operator until the end; `log` takes its output."""
    os.environ.update(environment)
    # Read from the environment when it was imported.
    kube_config.KUBE_CONFIG_DEFAULT_LOCATION = environment["KUBECONFIG"]
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    asyncio.run(main())
