"""What Sail gives behind the gateway, case by case beside Spark and beside Sail itself. Pure."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

from compat.compare import Verdict
from compat.reading import Case

OTHER_RESULT = frozenset({"differs", "lenient"})
REFUSED = "UNSUPPORTED_FEATURE"
ERROR = re.compile(r": (an error|[A-Z][A-Z_0-9.]+) in Spark, ")
# what PySpark's client for Connect asks for otherwise than Spark's own driver, of whatever engine
OF_CLIENT = frozenset({"relation.aggregate:dict", "relation.local_relation:pandas-nan"})
Judged = Iterable[tuple[Case, Verdict]]


def outcome(verdict: Verdict) -> str:
    """same | refused (by the gateway) | fails (on Sail) | error (Spark has one too) | differs | unclear."""
    if verdict.kind in OTHER_RESULT:
        return "differs"
    if verdict.kind == "fails":
        return "refused" if REFUSED in verdict.note else "fails"
    return "error" if verdict.kind == "refused" else verdict.kind


def found(direct: Judged, through: Judged) -> dict[str, Any]:
    """How many cases have which outcome, and what `differs`.

    `mended`: of each name how many cases differ on Sail itself, and are the same here.
    """
    itself = {_key(case): verdict for case, verdict in direct}
    counts: Counter[str] = Counter()
    mended: Counter[str] = Counter()
    differs: dict[str, list[str]] = defaultdict(list)
    for case, verdict in through:
        counts[outcome(verdict)] += 1
        if verdict.kind == "same" and itself[_key(case)].kind in OTHER_RESULT:
            mended[full_name(case)] += 1
        elif verdict.kind in OTHER_RESULT:
            differs[full_name(case)].append(f"{case.id}: {verdict.note}")
    return {
        "counts": dict(sorted(counts.items())),
        "mended": dict(sorted(mended.items())),
        "differs": {
            name: {
                "cases": len(texts),
                "reason": "asked for so by PySpark's client" if name in OF_CLIENT else reason(texts),
                "example": min(texts, key=len),
            }
            for name, texts in sorted(differs.items())
        },
    }


def full_name(case: Case) -> str:
    """With the kinds of the arguments, as `verified.json` has it."""
    return case.name if ":" in case.name or not case.kinds else f"{case.name}:{case.kinds}"


def reason(texts: Iterable[str]) -> str:
    """Why they pass on engine Sail (decision 0013)."""
    return ", ".join(sorted({_reason(it) for it in texts}))


def _reason(text: str) -> str:
    if sides := re.search(r": type (.+) in Spark, (.+) in Sail$", text):
        bare = {re.sub(r"decimal\(\d+,", "decimal(", side) for side in sides.groups()}
        return "another number of digits" if len(bare) == 1 else "types not known"
    return "an error in Spark for these values" if ERROR.search(text) else "values"


def _key(case: Case) -> tuple[str, str, str]:
    return case.name, case.id, case.kinds
