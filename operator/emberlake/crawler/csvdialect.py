"""Delimiter, quoting and header of CSV text, by evidence. Pure: works on the first lines of the files."""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from emberlake.crawler.cells import Kind, classify

DELIMITERS = (",", "\t", ";", "|", "\x01")
MAX_SAMPLE_ROWS = 1_000
MIN_CONSISTENT = 0.8
_NAME_LIKE = re.compile(r"[^\W\d][\w .,()/%#&'°€$*:-]{0,127}")
_TYPED = frozenset({Kind.INT, Kind.BIG_INT, Kind.DOUBLE, Kind.DATE, Kind.TIMESTAMP, Kind.BOOLEAN})


@dataclass(frozen=True)
class Dialect:
    """How CSV text is written. `delimiter`: one character or more. `quoted`: some field of a data row is
    enclosed in `quote`. `escape`: backslash, or the quote where it is doubled. `comment`: what lines that
    are no rows start with; empty when there are none.
    """

    delimiter: str
    quoted: bool
    escape: str = '"'
    quote: str = '"'
    comment: str = ""

    def rows(self, lines: Iterable[str], *, strict: bool = False) -> Iterator[list[str]]:
        """Rows of `lines`; `strict` raises csv.Error for quotes that do not enclose a whole field."""
        if not self.quoted:
            return csv.reader(lines, delimiter=self.delimiter, quoting=csv.QUOTE_NONE, quotechar=None)
        backslash = self.escape == "\\"
        return csv.reader(
            lines,
            delimiter=self.delimiter,
            quotechar='"',
            doublequote=not backslash,
            escapechar="\\" if backslash else None,
            strict=strict,
        )


@dataclass(frozen=True)
class DialectEvidence:
    """A dialect with how well the sample agrees: `consistent` = share of rows with the usual number of
    `columns`.
    """

    dialect: Dialect
    columns: int
    consistent: float

    @property
    def confidence(self) -> float:
        """Between 0 and 1."""
        return round(self.consistent, 3)


def sniff(lines: Sequence[str]) -> DialectEvidence | None:
    """The dialect of `lines` (complete lines); None when no delimiter parts them into two columns or more."""
    lines = [line for line in lines[:MAX_SAMPLE_ROWS] if line.strip()]
    if not lines:
        return None
    scored = [
        (score, evidence)
        for delimiter in DELIMITERS
        if any(delimiter in line for line in lines)
        for score, evidence in [_score(lines, delimiter)]
        if evidence.columns > 1 and evidence.consistent >= MIN_CONSISTENT
    ]
    return max(scored, key=lambda pair: pair[0])[1] if scored else None


def _score(lines: Sequence[str], delimiter: str) -> tuple[float, DialectEvidence]:
    """Consistency first; then the share of typed cells, because a wrong delimiter leaves mixed texts; then
    width.
    """
    dialect = Dialect(delimiter, quoted=any_quoted(lines, delimiter), escape=_escape(lines))
    rows = [row for row in dialect.rows(lines) if row]
    widths = Counter(map(len, rows))
    columns, usual = widths.most_common(1)[0]
    consistent = usual / len(rows)
    cells = [cell for row in rows[:200] for cell in row]
    typed = sum(1 for cell in cells if classify(cell.strip())[0] in _TYPED) / max(1, len(cells))
    return consistent + typed * 0.5 + min(columns, 50) * 0.004, DialectEvidence(dialect, columns, consistent)


def any_quoted(lines: Sequence[str], delimiter: str) -> bool:
    """Whether a field starts with a quote: at the start of a line or behind a delimiter."""
    return any(line.startswith('"') or f'{delimiter}"' in line for line in lines)


def _escape(lines: Sequence[str]) -> str:
    """Backslash if quotes are escaped by one, otherwise the doubled quote of RFC 4180."""
    backslashes = sum(line.count('\\"') for line in lines)
    doubled = sum(line.count('""') for line in lines)
    return "\\" if backslashes > doubled else '"'


@dataclass(frozen=True)
class Header:
    """Whether the first line names the columns, how sure that is (0 to 1), and why."""

    present: bool
    confidence: float
    why: str


def decide_header(samples: Sequence[Sequence[Sequence[str]]]) -> Header:
    """Decide from the first rows of some files of one table (each a list of rows).

    Files that share their first row share a header; otherwise each file is judged alone and the surest
    judgement counts: a typed column that starts with a text, then a first row that is shaped unlike the
    rows below it.
    """
    firsts = [rows[0] for rows in samples]
    if reason := _not_names(firsts[0]):
        return Header(False, 0.99, reason)
    if len(firsts) > 1 and all(row == firsts[0] for row in firsts):
        return Header(True, 0.99, f"the first row is the same in all {len(firsts)} files looked at")
    return max((_alone(rows[0], rows[1:]) for rows in samples), key=lambda header: header.confidence)


def _alone(first: Sequence[str], body: Sequence[Sequence[str]]) -> Header:
    """Judge one file."""
    if reason := _not_names(first):
        return Header(False, 0.99, reason)
    if typed := _typed_below(first, body):
        return Header(True, 0.98, f"column {typed[0]!r} starts with a text above values of another type")
    return _by_shape(first, body)


def _not_names(row: Sequence[str]) -> str:
    """Why `row` cannot be a row of column names; empty when it can."""
    for cell in row:
        kind = classify(cell.strip())[0]
        if kind in _TYPED or kind is Kind.MISSING:
            return f"{cell!r} in the first row is a value"
        if cell.strip() and not _NAME_LIKE.fullmatch(cell.strip()):
            return f"{cell!r} in the first row is not a column name"
    if sum(not cell.strip() for cell in row) > max(1, len(row) // 3):
        return "the first row has empty cells"
    named = [cell.strip() for cell in row if cell.strip()]
    return "" if 3 * len(set(named)) >= 2 * len(named) else "the first row repeats its cells"


def _typed_below(first: Sequence[str], body: Sequence[Sequence[str]]) -> list[str]:
    """Cells of the first row above a column whose values are (nearly) all typed."""
    found = []
    for index, name in enumerate(first):
        kinds = [classify(row[index].strip())[0] for row in body if index < len(row)]
        values = [kind for kind in kinds if kind not in {Kind.EMPTY, Kind.MISSING}]
        if values and sum(kind in _TYPED for kind in values) >= 0.95 * len(values):
            found.append(name)
    return found


def _by_shape(first: Sequence[str], body: Sequence[Sequence[str]]) -> Header:
    """Texts only: names look like identifiers of one style, and unlike the values below them."""
    if not body:
        return Header(True, 0.6, "a single row of texts that look like names")
    identifiers = sum(bool(re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", cell.strip())) for cell in first) / len(
        first
    )
    repeated = unlike = 0
    for index, name in enumerate(first):
        values = {row[index] for row in body if index < len(row) and row[index]}
        repeated += name in values
        unlike += bool(values) and _shape(name) not in {_shape(value) for value in values}
    share = unlike / len(first)
    if repeated:
        return Header(False, 0.85, "a cell of the first row appears among the values of its column")
    score = (
        0.5 * share + 0.3 * identifiers + 0.2 * all(cell.strip() == cell.strip().lower() for cell in first)
    )
    if score >= 0.5:
        return Header(
            True, round(0.5 + score / 2, 2), f"{unlike} of {len(first)} names are shaped unlike their values"
        )
    return Header(False, round(1 - score / 2, 2), "the first row is shaped like the rows below")


def _shape(text: str) -> str:
    """Letters as a or A, digits as 9, runs of one class as one character: `New York 9` is `Aa Aa 9`."""
    mapped = re.sub(r"[^\W\d_]", lambda match: "A" if match.group().isupper() else "a", text)
    mapped = re.sub(r"\d", "9", mapped)
    return re.sub(r"(.)\1+", r"\1", mapped)
