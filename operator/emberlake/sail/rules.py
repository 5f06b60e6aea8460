"""By what a request is judged, and the refusals that follow from names alone. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from emberlake.sail import variants
from emberlake.sail.refusal import RefusedError
from emberlake.sail.relations import Uses
from emberlake.sail.verified import Finding, Verdict, Verified

if TYPE_CHECKING:
    from emberlake.sail.kinds import Kind

# what overflows with integers, which is looked at with their types
ARITHMETIC = frozenset({"+", "-", "*", "/", "%", "div", "negative", "sum", "avg", "mean"})


@dataclass(frozen=True, slots=True)
class Rules:
    """By what is decided. `own`: lower-case names of functions that the script has registered."""

    engine: Literal["Sail", "Auto"]
    verified: Verified
    own: frozenset[str] = frozenset()
    columns: Columns | None = None


class Columns(Protocol):
    """Tells the columns of relations and tables; None where they cannot be told."""

    def relation(self, relation: bytes) -> Mapping[str, Kind | None] | None:
        """Of a Relation, by its bytes; names in lower case."""

    def names(self, relation: bytes) -> Sequence[str] | None:
        """The names of a Relation's columns in their order."""

    def table(self, name: tuple[str, ...]) -> Mapping[str, Kind | None] | None:
        """Of a table or view."""

    def look_up(self, names: Collection[tuple[str, ...]]) -> None:
        """Tells that `table` will be asked for these."""

    def sizes(self, names: Sequence[tuple[str, ...]]) -> Sequence[int | None]:
        """How many rows tables have; None where that takes more than a look at their metadata."""


def check_variants(found: Uses, rules: Rules) -> None:
    """Refuse what is known to differ and is seen in the plan; with Auto also where it may be."""
    for feature in sorted(found.features):
        for suffix, finding in rules.verified.variants.get(feature, ()):
            name = f"{feature}:{suffix}"
            seen = name in found.variants & variants.SEEN
            if finding.verdict is Verdict.DIFFERS and (
                seen or (rules.engine == "Auto" and variants.may_be(name, found.variants))
            ):
                check_finding(name, finding, rules)


def check_names(functions: Iterable[str], features: Iterable[str], rules: Rules) -> None:
    """Refuse the first name that may not pass."""
    for feature in sorted(features):
        check_finding(feature, rules.verified.feature(feature), rules)
    for function in sorted(functions):
        if function not in rules.own:
            check_finding(function, rules.verified.function(function), rules)


def check_finding(name: str, finding: Finding, rules: Rules) -> None:
    """Raise RefusedError if what is known of the name does not let it pass."""
    if finding.verdict is Verdict.DIFFERS:
        raise RefusedError(name, f"{name} gives another result on this engine: {finding.reason}")
    if rules.engine == "Sail" or finding.verdict is Verdict.SAME:
        return
    if finding.verdict is Verdict.FAILS:
        raise RefusedError(name, f"{name} fails on this engine: {finding.reason}")
    raise RefusedError(name, f"{name} has not been compared with Spark")
