"""The built-in CSV classifier of AWS Glue, as its documentation describes it: a baseline, not its code.

Five delimiters; at least two columns and two rows; the first row names the columns only if every cell of it
is a string of fewer than 150 characters that fits the pattern of a column's name, and some later row has a
cell that is no string. Whole numbers are bigint, fractions double, everything else string.
"""

import csv
import re
from collections import Counter

from bench.crawl.accuracy.case import INTEGER, NUMBER, TEXT, Answer

DELIMITERS = (",", "|", "\t", ";", "\x01")
MAX_RECORDS = 1_000
_NAME = re.compile(r"[\w .()/#%&:*-]{0,149}")
_INTEGER = re.compile(r"[-+]?\d+")
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")


def glue(body: bytes) -> Answer:
    """The decision on a file; an empty answer where it is not taken for CSV."""
    text = body[: 1024 * 1024].decode("utf-8", errors="replace")
    for delimiter in DELIMITERS:
        rows = [row for row in csv.reader(text.splitlines()[:MAX_RECORDS], delimiter=delimiter) if row]
        usual, count = Counter(map(len, rows)).most_common(1)[0] if rows else (0, 0)
        if usual >= 2 and len(rows) >= 2 and count >= 0.9 * len(rows):
            header = _named(rows)
            return Answer(delimiter, header, 0, _types(rows[header:], usual))
    return Answer()


def _named(rows: list[list[str]]) -> bool:
    first = rows[0][:-1] if not rows[0][-1] else rows[0]
    if any(_kind(cell) != TEXT or not cell or not _NAME.fullmatch(cell) for cell in first):
        return False
    return any(_kind(cell) != TEXT for row in rows[1:] for cell in row if cell)


def _kind(cell: str) -> str:
    if _INTEGER.fullmatch(cell):
        return INTEGER
    return NUMBER if _NUMBER.fullmatch(cell) else TEXT


def _types(rows: list[list[str]], columns: int) -> tuple[str, ...]:
    types = []
    for index in range(columns):
        kinds = {_kind(row[index]) for row in rows if index < len(row) and row[index]}
        types.append(kinds.pop() if len(kinds) == 1 else NUMBER if kinds == {INTEGER, NUMBER} else TEXT)
    return tuple(types)
