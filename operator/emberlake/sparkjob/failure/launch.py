"""Failures before an application's first line runs: its files, its class, its packages. Pure."""

import re

from emberlake.api.v1alpha1.common import Category, Failure

_NO_SCRIPT = re.compile(r"can't open file '(?P<file>[^']+)'")
_NO_JAR = re.compile(r"Local jar (?P<file>\S+) does not exist, skipping")
_NO_CLASS = re.compile(r"^Error: Failed to load class (?P<type>\S+?)\.?$")
_UNRESOLVED = re.compile(r"\[(?P<text>(?:unresolved dependency|download failed): .*)\]$")
_COORDINATE = re.compile(r"(?:unresolved dependency|download failed): ([\w.#;$-]+)")
_SERVER = re.compile(r"Server access error at url (?P<url>\S+) \((?P<why>[^)]*)\)")


def launch_failure(lines: list[str]) -> Failure | None:
    """Why spark-submit could not start the application, None when it could."""
    return _packages(lines) or _main_file(lines) or _main_class(lines)


def _packages(lines: list[str]) -> Failure | None:
    """Ivy's verdict on deps.packages; it says `not found` too where no repository answered."""
    match = _last(_UNRESOLVED, lines)
    if match is None:
        return None
    names = ", ".join(name.replace("#", ":").replace(";", ":") for name in _COORDINATE.findall(match["text"]))
    if server := _last(_SERVER, lines):
        text = f"deps.packages: {names}: {server['url']} does not answer ({server['why']})"
        mend = "check deps.repositories, and whether pods may reach them"
        return _failure("Infrastructure", "RepositoryUnreachable", f"{text}: {mend}")
    mend = "check group:artifact:version, or name its repository in deps.repositories"
    return _failure("User", "PackageNotFound", f"deps.packages: no repository has {names}: {mend}")


def _main_file(lines: list[str]) -> Failure | None:
    match = _last(_NO_SCRIPT, lines) or (_last(_NO_JAR, lines) if _last(_NO_CLASS, lines) else None)
    if match is None:
        return None
    text = (
        f"the image has no file {match['file']}: check mainApplicationFile (local:// is a path in the image)"
    )
    return _failure("User", "MainFileNotFound", text)


def _main_class(lines: list[str]) -> Failure | None:
    match = _last(_NO_CLASS, lines)
    if match is None:
        return None
    text = f"mainClass {match['type']} is not in mainApplicationFile nor in deps.jars: check its full name"
    return _failure("User", "MainClassNotFound", text)


def _last(pattern: re.Pattern[str], lines: list[str]) -> re.Match[str] | None:
    return next((found for line in reversed(lines) if (found := pattern.search(line))), None)


def _failure(category: Category, reason: str, message: str) -> Failure:
    return Failure(category=category, reason=reason, message=message)
