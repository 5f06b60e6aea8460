"""A fixed part of the comparison, small enough for every run of the tests, with what Spark said."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from compat.comparison import Result
from compat.reading import Case

FILE = Path(__file__).parents[1] / "unit/compat/sample.jsonl"
ONE_IN = 80


def write(results: Iterable[Result]) -> None:
    """Record the part: calls and queries of the case lists, chosen by a hash of their text."""
    chosen = [it for it in results if (it.case.call or _of_features(it.case)) and _chosen(it.case)]
    lines = [json.dumps(_entry(it), ensure_ascii=False) for it in chosen]
    FILE.write_text("\n".join(lines) + "\n", encoding="utf-8")


def read() -> Iterator[tuple[Case, Any, str]]:
    """Each case, what Spark said, and the kind of the verdict on Sail."""
    for line in FILE.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        entry["case"] |= {key: tuple(entry["case"].get(key, ())) for key in ("arguments", "statements")}
        yield Case(**entry["case"]), entry["spark"], entry["kind"]


def _of_features(case: Case) -> bool:
    return bool(case.statements) and "." in case.name


def _chosen(case: Case) -> bool:
    seed = hashlib.sha256(f"{case.name} {case.id}".encode()).digest()
    return int.from_bytes(seed[:4]) % (ONE_IN if case.call else 3) == 0


def _entry(it: Result) -> dict[str, Any]:
    case = {key: value for key, value in asdict(it.case).items() if value}
    return {"case": case, "spark": it.spark, "kind": it.verdict.kind}
