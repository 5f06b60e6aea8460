"""What is known of Sail's results beside Spark's: reads `verified.json`, which `make compat` writes."""

from __future__ import annotations

import enum
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Literal


class Verdict(enum.Enum):
    """What the comparison of results said of one function or feature."""

    SAME = "same"
    DIFFERS = "differs"
    FAILS = "fails"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the file: the verdict, and why (empty where there is nothing to say)."""

    verdict: Verdict
    reason: str = ""


NOT_COMPARED = Finding(Verdict.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Verified:
    """The whole file.

    `functions` has the names that Spark gives functions, in lower case. Operators stand there as
    functions (`+`, `||`, `like`, `<=>`, `and`, `isnull`, `case`), a cast as `cast:FROM:TO` with Spark's
    simple type names and no parameters (`cast:string:int`, `cast:decimal:bigint`). What is said of `+ -
    *` and `sum` holds for values that do not overflow: overflow has its own rule. `features` has dotted
    names: `read.csv`, `relation.join`, `iceberg.time-travel`, `sql.pivot`, `udf.pandas`. `compared` has the
    kinds of arguments (`date,int`, one where all are the same) for which a function gave the same.
    """

    sail: str
    spark: str
    functions: Mapping[str, Finding]
    features: Mapping[str, Finding]
    compared: Mapping[str, Sequence[str]] = field(default_factory=dict)
    # of each function, the suffixes of its name and what is said of them
    apart: Mapping[str, tuple[tuple[str, Finding], ...]] = field(init=False)
    # and of each feature
    variants: Mapping[str, tuple[tuple[str, Finding], ...]] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "apart", _by_suffix(self.functions))
        object.__setattr__(self, "variants", _by_suffix(self.features))

    def function(self, name: str) -> Finding:
        """What is known of a function, named in any case."""
        return self.functions.get(name.lower(), NOT_COMPARED)

    def feature(self, name: str) -> Finding:
        """What is known of a feature, named as in the file."""
        return self.features.get(name, NOT_COMPARED)


def _by_suffix(findings: Mapping[str, Finding]) -> dict[str, tuple[tuple[str, Finding], ...]]:
    apart: dict[str, tuple[tuple[str, Finding], ...]] = {}
    for key, finding in findings.items():
        name, colon, suffix = key.partition(":")
        if colon:
            apart[name] = (*apart.get(name, ()), (suffix, finding))
    return apart


def read(text: str) -> Verified:
    """Read the text of the file; ValueError names an entry that is no verdict."""
    document = json.loads(text)
    return Verified(
        sail=document["sail"],
        spark=document["spark"],
        functions=_findings(document, "functions"),
        features=_findings(document, "features"),
        compared={name: kinds.split() for name, kinds in document.get("compared", {}).items()},
    )


@cache
def shipped() -> Verified:
    """The file that belongs to this version of the program."""
    return read(resources.files(__package__).joinpath("verified.json").read_text(encoding="utf-8"))


def _findings(
    document: Mapping[str, Mapping[str, str]], part: Literal["functions", "features"]
) -> dict[str, Finding]:
    return {name: _finding(f"{part}.{name}", entry) for name, entry in document[part].items()}


def _finding(where: str, entry: str) -> Finding:
    word, _, reason = entry.partition(":")
    try:
        return Finding(Verdict(word), reason.strip())
    except ValueError:
        raise ValueError(
            f"verified.json: {where} is {entry!r}: write same, differs or fails, with a reason after a colon"
        ) from None
