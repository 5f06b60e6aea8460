"""The command line itself: what parses, what does not, and how long it takes to load."""

import argparse
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from emberlake.cli import arguments
from emberlake.cli.main import build_parser, main

COMMANDS = ("list", "get", "describe", "logs", "wait", "rerun", "cancel", "conf", "ui")


@pytest.mark.parametrize(
    "name", ["..", "a/b", "A", "a_b", "", "-a", "a..b", "x" * 254, "a?b", "a%2fb", "a b"]
)
@pytest.mark.parametrize("command", ["get", "describe", "logs", "wait", "rerun", "cancel", "conf", "ui"])
def test_a_name_that_no_object_has_is_refused(
    command: str, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main([command, "--", name])
    error = capsys.readouterr().err
    assert "cannot be the name of an object" in error
    assert error.count("\n") == 1


@pytest.mark.parametrize("name", ["../kube-system", "a.b", "A", "x" * 64])
def test_a_namespace_that_cannot_be_is_refused(name: str) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["list", "-n", name])


@pytest.mark.parametrize(
    "argv", [["-n", "team", "list"], ["list", "-n", "team"], ["-n", "other", "list", "--namespace=team"]]
)
def test_cluster_options_stand_before_or_after_the_command(argv: list[str]) -> None:
    parsed = build_parser().parse_args(argv)
    assert (parsed.namespace, parsed.context, parsed.kubeconfig) == ("team", None, None)


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), ("90s", 90), ("15m", 900), ("1h30m", 5400), ("0s", 0)]
)
def test_durations(text: str, seconds: float) -> None:
    assert arguments.duration(text) == seconds


@pytest.mark.parametrize("text", ["", "s", "1d", "-1", "1.5m", "1m1h", "٣"])
def test_no_durations(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="write for example"):
        arguments.duration(text)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_and_the_cluster_options(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="0"):
        main([command, "--help"])
    text = capsys.readouterr().out
    assert "--kubeconfig" in text
    assert "--context" in text


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (
            ["list", "--kubeconfig", "/no/such/file"],
            "no kubeconfig at /no/such/file: name one with --kubeconfig",
        ),
        (["get", "etl", "-A", "--kubeconfig", "/no"], "a NAME takes neither -A nor -l"),
    ],
)
def test_an_error_is_one_line(argv: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(argv) in (2, 5)
    error = capsys.readouterr().err
    assert error.startswith("emberlake: ")
    assert words in error
    assert error.count("\n") == 1


def test_the_parser_loads_nothing_heavy() -> None:
    """The client takes most of a second to import, the API models a third: --help needs neither."""
    code = (
        "import sys; from emberlake.cli.main import build_parser; build_parser().format_help();"
        " print([m for m in ('kubernetes', 'pydantic', 'yaml', 'kubeflow_spark_api') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def extras() -> dict[str, set[str]]:
    """Packages by extra, as they are imported."""
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())["project"]
    named = {name: set(map(module, found)) for name, found in project["optional-dependencies"].items()}
    return {"": set(map(module, project["dependencies"])), **named}


def module(requirement: str) -> str:
    return re.split(r"[<>=\[ ]", requirement)[0].replace("-", "_")


def test_the_command_line_needs_no_package_of_the_operator() -> None:
    found = extras()
    foreign = found["operator"] | found["crawler"]
    # The client brings aiohttp along.
    foreign -= found[""] | found["import"] | {"aiohttp"}
    assert "kopf" in foreign
    code = (
        "import importlib, pkgutil, sys; import emberlake.cli as cli;"
        f" sys.modules.update(dict.fromkeys({sorted(foreign)}));"
        " found = [m.name for m in pkgutil.walk_packages(cli.__path__, 'emberlake.cli.')];"
        " [importlib.import_module(name) for name in found];"
        " from emberlake.cli.conf import redacted; redacted('spark.a', 'b')"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_for_both_names(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    text = capsys.readouterr().out
    assert "emberlake" in text
    assert "kubectl-emberlake" in text


@pytest.mark.parametrize(
    ("line", "completions"),
    [
        ("emberlake re", ["rerun "]),
        ("emberlake import ", ["sparkapplication"]),
        ("emberlake wait --for S", ["Starting", "Succeeded", "Suspended"]),
        ("kubectl-emberlake submit --driver-m", ["--driver-memory "]),
    ],
)
def test_completions(line: str, completions: list[str], tmp_path: Path) -> None:
    answer = tmp_path / "answer"
    environment = {
        **os.environ,
        "_ARGCOMPLETE": "1",
        "_ARGCOMPLETE_IFS": "\n",
        "_ARGCOMPLETE_STDOUT_FILENAME": str(answer),
        "COMP_LINE": line,
        "COMP_POINT": str(len(line)),
    }
    code = "from emberlake.cli.main import main; main()"
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
    found = answer.read_text().split("\n")
    assert [text for text in found if not text.startswith("-") or line.endswith("-m")] == completions
