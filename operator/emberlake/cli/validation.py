"""The API's own rules, applied before anything is sent: what is wrong in which field."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from pydantic import ValidationError

from emberlake.api.quantity import CPU_PATTERN, DURATION_PATTERN, MEMORY_PATTERN
from emberlake.api.v1alpha1.sparkjob import LOCATION_PATTERN, SparkJobSpec
from emberlake.cli.paths import Path, dotted

_MENDS = {
    CPU_PATTERN: "write for example 250m, 1 or 0.5",
    DURATION_PATTERN: "write for example 90s, 15m or 2h",
    LOCATION_PATTERN: "needs a scheme: s3://, https://, or local:// for a file of the image",
    MEMORY_PATTERN: "write a whole number with Mi, Gi or Ti, for example 2Gi",
}


class Problem(NamedTuple):
    """A value that the API refuses."""

    path: Path
    value: Any
    message: str

    def __str__(self) -> str:
        return f"{dotted(('spec', *self.path))} {self.value!r}: {self.message}"


def problems(spec: Any) -> list[Problem]:
    """What the schema refuses; rules across fields are the API server's to judge."""
    try:
        SparkJobSpec.model_validate(spec)
    except ValidationError as error:
        return [
            Problem(
                found["loc"], found["input"], _message(found["type"], found["msg"], found.get("ctx") or {})
            )
            for found in error.errors()
        ]
    return []


def _message(kind: str, message: str, context: Mapping[str, Any]) -> str:
    if kind == "missing":
        return "is needed"
    if kind == "extra_forbidden":
        return "is no field of SparkJob"
    if kind == "string_pattern_mismatch":
        return _MENDS.get(context["pattern"], f"does not match {context['pattern']}")
    return message[:1].lower() + message[1:]
