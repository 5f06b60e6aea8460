"""Where walks happen, and what is told of them in the end."""

import os
from collections.abc import Iterator

import pytest
from demo import kube

from cluster.conftest import fresh_namespace
from faults.walks.server import Server
from faults.walks.tally import command, table, tally, write


@pytest.fixture(scope="session")
def server() -> Server:
    """The API server of the local cluster."""
    return Server()


@pytest.fixture(scope="session")
def restricted() -> Iterator[str]:
    """A namespace in which Pod Security `restricted` is enforced."""
    with fresh_namespace() as name:
        kube.kubectl("label", "namespace", name, "pod-security.kubernetes.io/enforce=restricted")
        yield name


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, exitstatus: int) -> None:
    """What was tried, and how to try it again."""
    if tally:
        terminalreporter.section("walks")
        terminalreporter.write_line(table())
    if exitstatus and os.environ.get("WALKS"):
        terminalreporter.write_line(f"again: {command()}")


def pytest_sessionfinish(exitstatus: int) -> None:
    """A whole run that passed goes into the docs."""
    if exitstatus == 0 and os.environ.get("WALKS_PAGE"):
        write()
