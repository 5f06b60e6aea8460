"""Where Emberlake differs from spark-submit on purpose, and why; a page in docs/reference is made from it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from textwrap import fill
from typing import Any

from unit.sparkjob.submit.compare import ABSENT, Difference

ANY = "*"
_WIDTH = 110


@dataclass(frozen=True)
class Field:
    """Fields that differ alike; `*` stands for any text, in the path and in both values."""

    path: str
    theirs: Any
    ours: Any

    def covers(self, found: Difference) -> bool:
        """Whether a difference is one of these."""
        return (
            _pattern(self.path).fullmatch(found.path) is not None
            and _matches(self.theirs, found.theirs)
            and _matches(self.ours, found.ours)
        )


@dataclass(frozen=True)
class Intended:
    """One decision, and the fields that differ by it."""

    title: str
    reason: str
    fields: tuple[Field, ...]


def undeclared(found: Iterable[Difference], intended: Iterable[Intended]) -> list[Difference]:
    """The differences that no decision declares."""
    return [one for one in found if not any(field.covers(one) for field in _fields(intended))]


def unused(found: Iterable[Difference], intended: Iterable[Intended]) -> list[Field]:
    """The declared fields that differ nowhere any more."""
    seen = set(found)
    return [field for field in _fields(intended) if not any(field.covers(one) for one in seen)]


def page(intended: Iterable[Intended]) -> str:
    """The declared differences as a page for people."""
    parts = [_HEAD]
    for decision in intended:
        rows = [f"| {_code(f.path)} | {_code(f.theirs)} | {_code(f.ours)} |" for f in decision.fields]
        table = ["| Field | spark-submit | Emberlake |", "|---|---|---|", *rows]
        parts.append("\n".join([f"## {decision.title}", "", fill(decision.reason, _WIDTH), "", *table, ""]))
    return "\n".join(parts)


_HEAD = """# Differences from spark-submit

The driver pod, its ConfigMap, its properties and the executors of a SparkJob are those that `spark-submit`
of the same Spark makes in cluster mode, except for what is listed here. The tests in
`tests/unit/sparkjob/submit` compare them field by field with what the real `spark-submit` and a real driver
sent. They fail for any other difference, and for a line here that is no longer true.
This page is generated from `declared.py` there.

`*` stands for any text; `objects` are in the order of creation. In paths, `containers[spark]` is Spark's
container, and items of lists go by name or mount path. `{PREFIX}` is the job's name, run and attempt,
`{APP_ID}` the application id, `{CONF}` the ConfigMap, `{UUID}` a random id.
"""


def _code(value: Any) -> str:
    if value in {ABSENT, ANY}:
        return "absent" if value == ABSENT else "any"
    return "`" + str(value).replace("|", "\\|") + "`"


@cache
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in text.split("*")), re.DOTALL)


def _matches(expected: Any, found: Any) -> bool:
    if expected == ANY:
        return bool(found != ABSENT)
    if isinstance(expected, str) and isinstance(found, str):
        return _pattern(expected).fullmatch(found) is not None
    return bool(expected == found)


def _fields(intended: Iterable[Intended]) -> list[Field]:
    return [field for decision in intended for field in decision.fields]
