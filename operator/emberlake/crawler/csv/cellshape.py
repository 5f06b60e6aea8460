"""What a cell looks like to a reader: looser than the types that engines parse, for telling values from
names and one delimiter from another. Pure.
"""

import re
from collections.abc import Sequence

from emberlake.crawler.csv.cells import MISSING_TOKENS

NUMBER, DATE, TIME, STAMP, FLAG, ADDRESS, TEXT, NOTHING = (
    "number", "date", "time", "timestamp", "flag", "address", "text", "nothing",
)  # fmt: skip
TYPED = frozenset({NUMBER, DATE, TIME, STAMP, FLAG, ADDRESS})

_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec)[a-z]*\.?"
_DAY = (
    r"(?:\d{4}([-/.])\d{1,2}\1\d{1,2}|\d{1,2}([-/.])\d{1,2}\2(?:\d{4}|\d{2})"
    rf"|\d{{1,2}}[- ]{_MONTH}[-, ]+(?:\d{{4}}|\d{{2}})|{_MONTH} \d{{1,2}},? \d{{4}})"
)
_CLOCK = r"\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d{1,9})?(?: ?[ap]\.?m\.?)?(?: ?(?:z|utc|[-+]\d{2}:?\d{2}))?"
_NUMBER = re.compile(
    r"[-+(]?\s?(?:[$€£¥]\s?)?[-+]?(?:\d{1,3}(?:[,.' ]\d{3})+(?:[.,]\d+)?|\d+(?:[.,]\d*)?|[.,]\d+)"
    r"(?:e[-+]?\d{1,3})?\s?(?:%|[$€£¥])?\)?"
)
_DATE = re.compile(_DAY)
_TIME = re.compile(_CLOCK)
_STAMP = re.compile(rf"(?:{_DAY}|\d{{8}})[t ]+{_CLOCK}|\d{{1,2}}/{_MONTH}/\d{{4}}:{_CLOCK}")
_ADDRESS = re.compile(
    r"(?:[a-z][a-z0-9+.-]*://\S+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?"
    r"|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
)
_FLAGS = frozenset({"true", "false", "yes", "no", "y", "n", "t", "f"})
_LONGEST = 200


def looks(cell: str) -> str:
    """One of the kinds above."""
    text = cell.strip().lower()
    if not text or cell.strip() in MISSING_TOKENS:
        return NOTHING
    if text in _FLAGS:
        return FLAG
    if len(text) > _LONGEST:
        return ADDRESS if _ADDRESS.fullmatch(text) else TEXT
    for kind, pattern in ((NUMBER, _NUMBER), (DATE, _DATE), (TIME, _TIME), (STAMP, _STAMP)):
        if pattern.fullmatch(text):
            return kind
    return ADDRESS if _ADDRESS.fullmatch(text) else TEXT


def typed_shares(rows: Sequence[Sequence[str]], columns: int) -> list[float]:
    """For each column the share of its values that are of the column's most frequent typed kind."""
    shares = []
    for index in range(columns):
        kinds = [looks(row[index]) for row in rows if index < len(row)]
        values = [kind for kind in kinds if kind != NOTHING]
        typed = max((values.count(kind) for kind in TYPED), default=0)
        shares.append(typed / len(values) if values else 0.0)
    return shares
