"""Arguments that several commands share."""

import argparse
import re
from collections.abc import Callable
from functools import partial
from typing import Any, TypeAlias

# argparse has no public name for what add_subparsers returns.
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001
Run = Callable[[argparse.Namespace], int]

_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")


def object_name(text: str) -> str:
    """Type of an argument that names an object."""
    if not _SUBDOMAIN.fullmatch(text) or len(text) > 253:
        raise argparse.ArgumentTypeError(
            f"{text!r} cannot be the name of an object: use lower-case letters, digits, '-' and '.'"
        )
    return text


def namespace_name(text: str) -> str:
    """Type of an argument that names a namespace."""
    if not _LABEL.fullmatch(text) or len(text) > 63:
        raise argparse.ArgumentTypeError(
            f"{text!r} cannot be a namespace: use lower-case letters, digits and '-'"
        )
    return text


def positive(text: str) -> int:
    """Type of an argument that counts from 1."""
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1")
    return int(text)


def duration(text: str) -> float:
    """Type of an argument that bounds a wait: `90s`, `1h30m`, or seconds without a unit."""
    if text.isascii() and text.isdigit():
        return float(text)
    match = _DURATION.fullmatch(text)
    if not text or match is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not a duration: write for example 90s, 15m or 1h30m")
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return float(hours * 3600 + minutes * 60 + seconds)


def add_cluster_options(parser: argparse.ArgumentParser, *, default: Any = argparse.SUPPRESS) -> None:
    """Which cluster and namespace; a command suppresses the defaults to keep what stood before it."""
    group = parser.add_argument_group("cluster")
    group.add_argument(
        "-n",
        "--namespace",
        type=namespace_name,
        metavar="NAMESPACE",
        default=default,
        help="namespace; default: the context's",
    )
    group.add_argument(
        "--context",
        metavar="NAME",
        default=default,
        help="context of the kubeconfig; default: its current one",
    )
    group.add_argument(
        "--kubeconfig",
        metavar="FILE",
        default=default,
        help="kubeconfig; default: $KUBECONFIG or ~/.kube/config",
    )


def add_output_option(parser: argparse.ArgumentParser, formats: tuple[str, ...], default: str) -> None:
    """`-o`."""
    parser.add_argument(
        "-o", "--output", choices=formats, default=default, help=f"output format; default: {default}"
    )


def add_job(parser: argparse.ArgumentParser, *, optional: bool = False, kind: str = "SparkJob") -> None:
    """The object, completed from the cluster."""
    nargs = "?" if optional else None
    action = parser.add_argument("name", metavar="NAME", nargs=nargs, type=object_name, help=f"the {kind}")
    action.completer = partial(names_of, kind)  # type: ignore[attr-defined]


def names_of(kind: str, parsed_args: argparse.Namespace, **_: object) -> list[str]:
    """Names of the objects of a kind, for shell completion."""
    from emberlake.cli.cluster import Cluster  # noqa: PLC0415

    return [job["metadata"]["name"] for job in Cluster.connect(parsed_args).of(kind).jobs()]
