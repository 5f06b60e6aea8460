"""`emberlake conf`: the Spark settings that an attempt really ran with, and where each came from."""

import argparse
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from emberlake.cli import jobs
from emberlake.cli.arguments import Commands, add_cluster_options, add_job, add_output_option, positive
from emberlake.cli.cluster import Cluster
from emberlake.cli.errors import CliError, ExitCode
from emberlake.cli.output import Document, render, table

# These settings are named like secrets, and hold the name, the place or the class of one.
_NO_SECRET = re.compile(
    r"spark\.kubernetes\.(driver|executor)\.secret(s|KeyRef)\..*"
    r"|.*\.(secretName|tokenSecret\.(name|itemKey)|credentials?\.provider(\.path)?|enabled)"
)
_PROPERTIES = "spark.properties"
_HIDDEN = "*** (redacted)"


def register(commands: Commands) -> None:
    """Add the subcommand."""
    parser = commands.add_parser(
        "conf",
        help="show the effective Spark configuration, with the source of each setting",
        description="Show the Spark configuration of an attempt with the source of each setting. What later"
        " sources say wins: operator default, Catalog, spec.sparkConf, fields of spec, operator.",
    )
    add_job(parser)
    parser.add_argument(
        "--run", dest="number", type=positive, metavar="N", help="of this run; default: the last"
    )
    parser.add_argument("--attempt", type=positive, metavar="N", help="of this attempt; default: the last")
    add_output_option(parser, ("table", "json", "yaml"), "table")
    add_cluster_options(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the settings."""
    cluster = Cluster.connect(arguments)
    job = cluster.job(arguments.name)
    made = cluster.config_maps(jobs.of_job(arguments.name))
    settings = effective(_of_attempt(job, made, arguments.number, arguments.attempt)["data"])
    if arguments.output == "table":
        rows = ((key, found["value"], found["source"]) for key, found in settings.items())
        print(table(("KEY", "VALUE", "SOURCE"), rows))
    else:
        print(render(settings, arguments.output))
    return ExitCode.OK


def _of_attempt(job: Document, made: Sequence[Document], run: int | None, attempt: int | None) -> Document:
    """The ConfigMap of the attempt that was asked for, else of the last one."""
    kept = [found for found in made if _PROPERTIES in found.get("data", {})]
    wanted = jobs.wanted_attempt(job, kept, run=run, attempt=attempt)
    fitting = next((found for found in kept if jobs.attempt_key(found) == wanted), None)
    if fitting is None:
        raise CliError(
            f"run {wanted[0]}, attempt {wanted[1]} has no configuration (there are: {jobs.attempts(kept)});"
            f" the job is {jobs.state_of(job)}: {jobs.message_of(job)}",
            ExitCode.NOT_FOUND,
        )
    return fitting


def effective(data: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Value and source by key, in the keys' order, from the data of an attempt's ConfigMap."""
    import javaproperties  # noqa: PLC0415

    values: dict[str, str] = javaproperties.loads(data[_PROPERTIES])
    sources: dict[str, Any] = json.loads(data.get("sources.json", "{}"))
    return {
        key: {"value": redacted(key, values[key]), "source": str(sources.get(key, "unknown"))}
        for key in sorted(values)
    }


def redacted(key: str, value: str) -> str:
    """The value, unless its key says that it is secret; secrets within it are taken out."""
    from emberlake.core.redact import redact  # noqa: PLC0415

    if _NO_SECRET.fullmatch(key):
        return value
    setting = f"{key}=value"
    return _HIDDEN if redact(setting) != setting else redact(value)
