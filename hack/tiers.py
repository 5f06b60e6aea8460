"""A pytest plugin: the time of each test tier, above the summary line."""

from collections import Counter
from pathlib import Path

import pytest

_seconds: Counter[str] = Counter()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Add up set-up, call and tear-down."""
    tier = Path(report.nodeid.split("::")[0]).parts[:2]
    _seconds["/".join(tier)] += report.duration


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line a tier."""
    for tier, seconds in _seconds.items():
        terminalreporter.write_line(f"==== {tier}: {seconds:.0f} s")
