"""Delimiter, quote and escape of CSV text, by evidence. Pure: works on the first lines of the files.

Every candidate parts the lines into rows; the one that leaves the most regular table wins. What counts: how
many rows have the usual number of fields, how much of the text lies inside the table, how many columns are
of one type, and whether the cells that are left still hold another delimiter in each row.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from emberlake.crawler.csv.cellshape import DATE, STAMP, TEXT, TIME, looks, typed_shares
from emberlake.crawler.csv.dialect import Dialect
from emberlake.crawler.csv.region import Region, find_region

STRONG = (",", "\t", ";", "|", "\x01")
# Also part of ordinary text: they need more evidence.
BLANKISH = (" ", ":")
RARE = ("~", "^", "#", "*", "!", "&", "\x02", "\x1c", "\x1d", "\x1e", "\x1f", "§", "¦", "¬")
COMMENTS = ("#", "%", "//", "--")
MAX_LINES = 400
MAX_CHARACTERS = 128 * 1024
MAX_TYPED_ROWS = 150
MIN_CONSISTENT = 0.8
# of a file that is known to be CSV
LEAST_CONSISTENT = 0.5
MIN_WEAK = 0.9
_PRIOR = dict.fromkeys(",\t;|\x01", 0.06) | dict.fromkeys((*BLANKISH, *RARE), -0.3)
_OTHER_PRIOR = -0.1
_LEFT_OVER = 0.4
_RUN = re.compile(r"(?:[^\w\s\"'.\-+/\\()\[\]{}<>€£@]{2,4}| ?[,;|:~^] )")


_HOUR, _MINUTE = re.compile(r"(?:^|\D)\d{1,2}$"), re.compile(r"[0-5]\d(?:\D|$)")


@dataclass(frozen=True)
class DialectEvidence:
    """A dialect with how well the sample agrees: `consistent` = share of the rows of the table that have the
    usual number of `columns`; `covered` = share of all rows that lie in it; `typed` = mean share of typed
    cells in a column; `margin` = lead over the next best delimiter.
    """

    dialect: Dialect
    columns: int
    consistent: float
    covered: float = 1.0
    typed: float = 0.0
    margin: float = 1.0
    rows: list[list[str]] = field(default_factory=list, repr=False, compare=False)

    @property
    def confidence(self) -> float:
        """Between 0 and 1: the share of rows that agree, less where another delimiter does nearly as well."""
        return round(self.consistent * min(1.0, 0.6 + self.margin), 3)

    @property
    def score(self) -> float:
        """What candidates are compared by: the share of the text that lies in the table counts most."""
        prior = _PRIOR.get(self.dialect.delimiter, _OTHER_PRIOR)
        return (
            1.2 * self.consistent
            + 2.0 * self.covered
            + 0.6 * self.typed
            + 0.01 * min(self.columns, 20)
            + prior
        )

    def why(self) -> str:
        """The evidence in words."""
        return (
            f"{self.consistent:.0%} of the rows have {self.columns} fields, {self.covered:.0%} of the lines "
            f"lie in the table, {self.typed:.0%} of the cells are typed"
        )


def sniff(lines: Sequence[str], least: float = MIN_CONSISTENT) -> DialectEvidence | None:
    """The dialect of `lines` (complete lines); None when no delimiter parts them into two columns or more.

    `least`: share of the rows of the table that must have its number of fields.
    """
    lines = _judged(lines)
    found = [
        evidence
        for delimiter in _candidates(lines)
        if (evidence := _best_quoting(lines, delimiter)) and _acceptable(evidence, least)
    ]
    found = [evidence for evidence in found if not _is_part_of(evidence, found, lines)]
    if not found:
        return None
    scores = [evidence.score - _left_over(evidence, found) for evidence in found]
    ranked = sorted(zip(scores, found, strict=True), key=lambda pair: pair[0], reverse=True)
    margin = ranked[0][0] - ranked[1][0] if len(ranked) > 1 else 1.0
    return replace(ranked[0][1], margin=round(margin, 3))


def _judged(lines: Sequence[str]) -> list[str]:
    """The lines that are looked at: not blank, no comments, within the limits."""
    kept: list[str] = []
    size = 0
    for line in lines[:MAX_LINES]:
        size += len(line)
        if size > MAX_CHARACTERS and kept:
            break
        if line.strip():
            kept.append(line)
    plain = [line for line in kept if not line.startswith(COMMENTS)]
    return plain if 2 * len(plain) >= len(kept) else kept


def _candidates(lines: Sequence[str]) -> Iterator[str]:
    """Delimiters that stand in enough of the lines, single characters first."""
    enough = max(1, len(lines) // 4)
    for delimiter in (*STRONG, *BLANKISH, *RARE):
        if sum(delimiter in line for line in lines) >= enough:
            yield delimiter
    runs = Counter(run for line in lines for run in set(_RUN.findall(line)))
    for run, count in runs.most_common(12):
        if count >= max(2, round(0.8 * len(lines))) and _is_unit(run, lines):
            yield run


def _is_unit(run: str, lines: Sequence[str]) -> bool:
    """Whether the strong delimiters in `run` stand in no other place, so that it is one delimiter. Where it
    adds blanks alone, texts may hold the bare one in some lines.
    """
    bare = run.strip(" ")
    if bare in STRONG:
        return 2 * sum(line.count(bare) > line.count(run) for line in lines) < len(lines)
    strong = [char for char in STRONG if char in run]
    fits = sum(
        all(line.count(char) == line.count(run) * run.count(char) for char in strong) for line in lines
    )
    return fits >= 0.9 * len(lines)


def _best_quoting(lines: Sequence[str], delimiter: str) -> DialectEvidence | None:
    """The most regular way to read quotes under `delimiter`."""
    read = [evidence for dialect in _quotings(lines, delimiter) if (evidence := _measure(lines, dialect))]
    return max(
        read,
        key=lambda found: (round(found.consistent + found.covered, 2), found.dialect.quoted),
        default=None,
    )


def _quotings(lines: Sequence[str], delimiter: str) -> Iterator[Dialect]:
    """Dialects of `delimiter` that the quotes in `lines` leave open."""
    padded = delimiter in STRONG and any(f'{delimiter} "' in line for line in lines)
    double = Dialect(delimiter, quoted=True, padded=padded)
    regular = False
    if double.quotes(lines):
        regular = _regular(lines, double)
        yield double
        if any('\\"' in line for line in lines):
            yield replace(double, escape="\\")
    if not regular:
        yield Dialect(delimiter, quoted=False)
    if _encloses(lines, delimiter, "'"):
        yield Dialect(delimiter, quoted=True, quote="'", escape="'")


def _regular(lines: Sequence[str], dialect: Dialect) -> bool:
    """Whether nearly all rows have the same number of fields, be it a single one."""
    try:
        widths = Counter(len(row) for row in dialect.rows(lines) if row)
    except csv.Error:
        return False
    return max(widths.values(), default=0) >= 0.9 * sum(widths.values()) >= 0.45 * len(lines)


def _encloses(lines: Sequence[str], delimiter: str, quote: str) -> bool:
    """Whether `quote` encloses whole fields more often than it stands at one end of a field only."""
    d, q = re.escape(delimiter), re.escape(quote)
    whole = re.compile(rf"(?:^|{d}){q}[^{q}]*{q}(?={d}|\s*$)")
    start = re.compile(rf"(?:^|{d}){q}")
    enclosed = sum(len(whole.findall(line)) for line in lines)
    return enclosed >= 2 and 2 * enclosed >= sum(len(start.findall(line)) for line in lines)


def _measure(lines: Sequence[str], dialect: Dialect) -> DialectEvidence | None:
    """Part `lines` by `dialect`; None when there is no table of two columns or more."""
    try:
        rows = [row for row in dialect.rows(lines) if row]
    except csv.Error:
        return None
    region = find_region([len(row) for row in rows])
    if region is None:
        return None
    body = [row for row in rows[region.start : region.end] if len(row) == region.columns][:MAX_TYPED_ROWS]
    shares = typed_shares(body[1:] or body, region.columns)
    return DialectEvidence(
        dialect,
        region.columns,
        region.consistent,
        _covered(lines, rows, region),
        sum(shares) / len(shares),
        rows=body,
    )


def _covered(lines: Sequence[str], rows: Sequence[Sequence[str]], region: Region) -> float:
    """Share of the rows that lie in the table; rows that swallowed many lines by an open quote count for
    each.
    """
    swallowed = max(0, len(lines) - len(rows) * 3)
    return (region.end - region.start) / (len(rows) + swallowed)


def _acceptable(evidence: DialectEvidence, least: float) -> bool:
    """Whether the rows are regular enough for a delimiter of this sort."""
    delimiter = evidence.dialect.delimiter
    if delimiter in STRONG:
        return evidence.consistent >= least
    irregular = evidence.consistent < MIN_WEAK or len(evidence.rows) < 2 or evidence.covered < 0.5
    if irregular or _cuts_quotes(evidence):
        return False
    if delimiter not in BLANKISH:
        return True
    if _parts_values(evidence):
        return False
    shares = typed_shares(evidence.rows[1:], evidence.columns)
    typed = sum(share >= 0.8 for share in shares)
    if evidence.columns == 2:
        return typed == 2
    return typed > 0 or (len(evidence.rows) >= 5 and evidence.consistent >= 0.95)


def _cuts_quotes(evidence: DialectEvidence) -> bool:
    """Whether most rows have a cell with half of a pair of quotes: the delimiter stands within quotes."""
    if evidence.dialect.quoted:
        return False
    cut = sum(any(cell.count('"') % 2 for cell in row) for row in evidence.rows)
    return 2 * cut > len(evidence.rows)


def _parts_values(evidence: DialectEvidence) -> bool:
    """Whether the delimiter stands inside dates, times and addresses instead of between values."""
    delimiter = evidence.dialect.delimiter
    inside = boundaries = 0
    for row in (evidence.rows[1:] or evidence.rows)[:50]:
        for left, right in pairwise(row):
            boundaries += 1
            glued = delimiter == ":" and _clock_inside(left, right)
            inside += (
                glued or right.startswith("//") or looks(left + delimiter + right) in {DATE, TIME, STAMP}
            )
    return 2 * inside >= boundaries


def _clock_inside(left: str, right: str) -> bool:
    """Whether a time of day stands across the boundary of two cells of which one is more than a number."""
    across = _HOUR.search(left) and _MINUTE.match(right)
    return bool(across) and TEXT in {looks(left), looks(right)}


def _is_part_of(evidence: DialectEvidence, found: Sequence[DialectEvidence], lines: Sequence[str]) -> bool:
    """Whether a longer delimiter explains all that this one parts: `||` for `|`, `, ` for `,`."""
    short = evidence.dialect.delimiter
    for other in found:
        long = other.dialect.delimiter
        if len(long) <= len(short) or short not in long or other.consistent < evidence.consistent - 0.02:
            continue
        if long.strip(" ") == short:
            fits = other.columns == evidence.columns and other.covered >= evidence.covered - 0.02
            if fits and not _has_padding(other):
                return True
        elif short.strip(" ") and all(
            line.count(short) == line.count(long) * long.count(short) for line in lines
        ):
            return True
    return False


def _has_padding(evidence: DialectEvidence) -> bool:
    """Whether cells still end or start with blanks: then they are padded, and the blank is no delimiter."""
    cells = [cell for row in evidence.rows for cell in row if cell]
    return sum(cell != cell.strip(" ") for cell in cells) > 0.1 * len(cells)


def _left_over(evidence: DialectEvidence, found: Sequence[DialectEvidence]) -> float:
    """A penalty where another strong delimiter stands as often in each row's texts, as in `a;1,5` read by
    commas.
    """
    for other in found:
        rival = other.dialect.delimiter
        if rival not in STRONG or rival == evidence.dialect.delimiter or rival in evidence.dialect.delimiter:
            continue
        if other.covered < evidence.covered - 0.02 or other.consistent < evidence.consistent - 0.02:
            continue
        counts = Counter(
            sum(cell.count(rival) for cell in row if rival in cell and looks(cell) == TEXT)
            for row in evidence.rows
        )
        usual, rows = counts.most_common(1)[0]
        if usual and rows >= 0.9 * len(evidence.rows):
            return _LEFT_OVER
    return 0.0
