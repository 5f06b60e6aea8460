"""Two engines' outcomes of one case. Pure."""

import json
import math
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

TOLERANCE = 1e-12  # relative, for what adds doubles in an order that no engine promises
LAST_DIGIT = 4.5e-16  # two units in the last place, within what Java allows its mathematical functions
DIGIT, ZERO = "but for the last digit of doubles", "but for the sign of zero"
SHOWN = 60
_PLACES = 38
UNCLEAR = re.compile(r"^(ValueError|OverflowError): |UNSUPPORTED_TIME_TYPE|GEOSPATIAL_DISABLED")
CONDITION = re.compile(r"\[([A-Z_0-9.]+)\]")  # Spark's name of an error


@dataclass(frozen=True)
class Verdict:
    """How Sail's outcome is beside Spark's.

    `kind`: same | differs | lenient (Spark raised, Sail did not) | fails (Sail raised, Spark did not) |
    refused (both raised) | unclear (Python cannot show the result, or Spark has the type switched off).
    """

    kind: str
    note: str = ""


def judge(spark: Any, sail: Any, *, ordered: bool, types_only: bool = False, exact: bool = True) -> Verdict:
    """What Sail's outcome is beside Spark's."""
    if "error" in spark or "error" in sail:
        return _errors(spark, sail)
    if (ours := types(spark["schema"])) != (theirs := types(sail["schema"])):
        return Verdict("differs", f"type {ours} in Spark, {theirs} in Sail")
    return Verdict("same") if types_only else _rows(spark["rows"], sail["rows"], ordered, exact)


def _errors(spark: Any, sail: Any) -> Verdict:
    if any(UNCLEAR.search(said.get("error", "")) for said in (spark, sail)):
        return Verdict("unclear")
    if "error" not in spark:
        return Verdict("fails", sail["error"].splitlines()[0])
    if "error" in sail:
        return Verdict("refused")
    condition = CONDITION.search(spark["error"])
    return Verdict("lenient", f"{condition[1] if condition else 'an error'} in Spark, {shown(sail)} in Sail")


def _rows(spark: Any, sail: Any, ordered: bool, exact: bool) -> Verdict:
    if not isinstance(spark, list) or not isinstance(sail, list):
        same = text(spark) == text(sail)
        return (
            Verdict("same") if same else Verdict("differs", f"{brief(spark)} in Spark, {brief(sail)} in Sail")
        )
    if len(spark) != len(sail):
        return Verdict("differs", f"{len(spark)} rows in Spark, {len(sail)} in Sail")
    if not ordered:
        spark, sail = sorted(spark, key=text), sorted(sail, key=text)
    notes = set()
    for ours, theirs in zip(spark, sail, strict=True):
        if text(ours) != text(theirs):
            note = nearly(ours, theirs, TOLERANCE if not exact else LAST_DIGIT)
            if note is None:
                return Verdict("differs", f"{brief(ours)} in Spark, {brief(theirs)} in Sail")
            notes.add(note)
    return Verdict("same", "" if not exact else max(notes, default=""))


def nearly(ours: Any, theirs: Any, tolerance: float) -> str | None:
    """What parts two values that are the same but for doubles; None where they are not."""
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        return _worst([nearly(a, b, tolerance) for a, b in zip(ours, theirs, strict=True)])
    if isinstance(ours, dict) and isinstance(theirs, dict) and ours.keys() == theirs.keys():
        if "decimal" in ours:
            return _decimal(Decimal(ours["decimal"]), Decimal(theirs["decimal"]))
        if "double" in ours:
            return _double(float(ours["double"]), float(theirs["double"]), tolerance)
        return _worst([nearly(ours[k], theirs[k], tolerance) for k in ours])
    return "" if text(ours) == text(theirs) else None


def _worst(notes: list[str | None]) -> str | None:
    return None if None in notes else max((note for note in notes if note), default="")


def _decimal(ours: Decimal, theirs: Decimal) -> str | None:
    """Spark's Python shows 1E-38 as 1.0E-38, with more places than a decimal has."""
    shown = min(int(it.as_tuple().exponent) for it in (ours, theirs))
    return "" if ours == theirs and shown < -_PLACES else None


def _double(ours: float, theirs: float, tolerance: float) -> str | None:
    if ours == theirs:
        return "" if math.copysign(1, ours) == math.copysign(1, theirs) else ZERO
    if math.isnan(ours) and math.isnan(theirs):
        return ""
    return DIGIT if math.isclose(ours, theirs, rel_tol=tolerance) else None


def text(value: Any) -> str:
    """As JSON, keys in order: `==` of Python takes 1, 1.0 and True for the same."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def types(schema: Any) -> str:
    """A schema as DDL; names only where they are data, in structs within."""
    if schema is None:
        return "a Python value"
    return ", ".join(_ddl(field["type"]) for field in schema["fields"])


def names(schema: Any) -> list[str]:
    """The names of a schema's columns."""
    return [] if schema is None else [field["name"] for field in schema["fields"]]


def _ddl(part: Any) -> str:
    if isinstance(part, str):
        return part
    if part["type"] == "array":
        return f"array<{_ddl(part['elementType'])}>"
    if part["type"] == "map":
        return f"map<{_ddl(part['keyType'])},{_ddl(part['valueType'])}>"
    if part["type"] == "struct":
        return "struct<" + ",".join(f"{f['name']}:{_ddl(f['type'])}" for f in part["fields"]) + ">"
    return text(part)


def shown(outcome: Any) -> str:
    """The first row, for a reader."""
    rows = outcome["rows"]
    return brief(rows[0]) if isinstance(rows, list) and rows else brief(rows)


def brief(value: Any) -> str:
    """A row or value in a few words: tags taken off, cut."""
    plain = text(untagged(value[0] if isinstance(value, list) and len(value) == 1 else value))
    return plain if len(plain) <= SHOWN else plain[: SHOWN - 1] + "…"


def untagged(value: Any) -> Any:
    """Without the tags of canon.py."""
    if isinstance(value, dict) and len(value) == 1:
        return untagged(next(iter(value.values())))
    return [untagged(v) for v in value] if isinstance(value, list) else value
