"""From the verdicts of cases to one for each function or feature. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from compat import kinds
from compat.compare import Verdict
from compat.reading import Case
from emberlake.sail.calls import KINDS

ENOUGH = 3  # results that must be equal before a name counts as the same
CASTS = frozenset({"cast", "try_cast"})


@dataclass
class Found:
    """What the cases of one name and kinds of arguments gave."""

    same: int = 0
    refused: int = 0
    differs: list[str] = field(default_factory=list)
    lenient: list[str] = field(default_factory=list)
    fails: list[str] = field(default_factory=list)
    notes: set[str] = field(default_factory=set)
    fixed: bool = False  # a call without arguments: once is enough

    def add(self, case: str, verdict: Verdict) -> None:
        """Count one case."""
        if verdict.kind == "same":
            self.same += 1
            self.notes |= {verdict.note} - {""}
        elif verdict.kind == "refused":
            self.refused += 1
        elif verdict.kind != "unclear":
            getattr(self, verdict.kind).append(f"{case}: {verdict.note}")

    def __add__(self, other: "Found") -> "Found":
        return Found(
            *(getattr(self, it) + getattr(other, it) for it in _COUNTS),
            self.notes | other.notes,
            self.fixed or other.fixed,
        )


OTHER = ""  # kinds that are not known
_COUNTS = ("same", "refused", "differs", "lenient", "fails")
ByKinds = dict[str, Found]


def gathered(judged: Iterable[tuple[Case, Verdict]]) -> dict[str, ByKinds]:
    """Name -> kinds of arguments ("" where they are not known) -> what was found."""
    found: dict[str, ByKinds] = {}
    for case, verdict in judged:
        name, _, told = case.name.partition(":")
        signature = told if name in CASTS else case.kinds or told
        one = found.setdefault(name, {}).setdefault(signature, Found())
        one.add(case.id, verdict)
        one.fixed |= bool(case.call) and not case.arguments
    return dict(sorted(found.items()))


def word(found: Found, enough: int = ENOUGH) -> str | None:
    """`same`, `differs: …`, `fails: …`, or None where too little was compared to say so.

    A case that fails on Sail alone takes nothing from `same`: an error gives nobody a wrong result.
    """
    if found.differs:
        return f"differs: {min(found.differs, key=len)}"
    if found.same >= (1 if found.fixed else enough):
        return "same" + "".join(f": {note}" for note in sorted(found.notes)[:1])
    if found.same == 0 and found.fails:
        return f"fails: {min(found.fails, key=len)}"
    return None


def of_function(by_kinds: ByKinds) -> dict[str, str]:
    """Suffix of the name -> verdict.

    The verdict without a suffix holds for all arguments but those of kinds with one of their own (`:int`).
    `:errors` is of inputs for which Spark raises an error and Sail does not; `:other` of queries whose
    arguments nobody looked at, where those that were looked at give another verdict.
    """
    apart = {it: one for it, one in by_kinds.items() if it and one.differs}
    common = {it: one for it, one in by_kinds.items() if it not in apart}
    if OTHER in common and common[OTHER].differs and _sum(common, without=OTHER).same >= ENOUGH:
        apart["other"] = common.pop(OTHER)
    if _sum(common).same < ENOUGH and not all(kinds.rare(it) for it in apart):
        apart, common = {it: one for it, one in apart.items() if kinds.rare(it)}, by_kinds
        common = {it: one for it, one in common.items() if it not in apart}
    lenient = [case for one in by_kinds.values() for case in one.lenient]
    said = {"": word(_sum(common)), **{f":{it}": word(one) for it, one in apart.items()}}
    said[":errors"] = f"differs: {min(lenient, key=len)}" if lenient else None
    return {suffix: it for suffix, it in said.items() if it is not None}


def _sum(by_kinds: ByKinds, without: str | None = None) -> Found:
    return sum((one for it, one in by_kinds.items() if it != without), Found())


def of_cast(by_kinds: ByKinds) -> dict[str, str]:
    """As of_function, each pair of types by itself: of all casts together nothing is said."""
    said = {f":{it}": word(_strict(one)) for it, one in by_kinds.items()}
    return {suffix: it for suffix, it in said.items() if it is not None}


def _strict(found: Found) -> Found:
    """With what Spark refuses and Sail does not as a difference."""
    return Found(found.same, found.refused, found.differs + found.lenient, [], found.fails, found.notes)


def functions(found: dict[str, ByKinds]) -> dict[str, str]:
    """`name` or `name:kinds` -> verdict."""
    return {
        name + suffix: said
        for name, by_kinds in found.items()
        for suffix, said in (of_cast(by_kinds) if name in CASTS else of_function(by_kinds)).items()
    }


def compared(judged: Iterable[tuple[Case, Verdict]]) -> dict[str, str]:
    """Function -> the kinds of arguments for which a call gave the same, `date,int string`."""
    told: dict[str, set[str]] = {}
    for case, verdict in judged:
        name = case.name.partition(":")[0]
        if name not in CASTS and verdict.kind == "same" and KINDS.issuperset(case.kinds.split(",")):
            told.setdefault(name, set()).add(case.kinds)
    return {name: " ".join(sorted(kinds)) for name, kinds in sorted(told.items())}


def features(judged: Iterable[tuple[Case, Verdict]]) -> dict[str, str]:
    """Name -> verdict; one case is enough to say something of a feature."""
    found: dict[str, Found] = {}
    for case, verdict in judged:
        found.setdefault(case.name, Found()).add(case.id, verdict)
    said = {name: word(_strict(one), enough=1) for name, one in sorted(found.items())}
    return {name: it for name, it in said.items() if it is not None}
