"""Whether text that no name calls CSV is a table at all. Pure.

Prose, licences, settings and source code have commas, colons and tabs too, and some of their lines have as
many of them as others. A table fills its file, and its cells are values more often than phrases.
"""

import re

from emberlake.crawler.csv.cellshape import typed_shares
from emberlake.crawler.csv.sniff import STRONG, DialectEvidence

LEAST_COVERED, LEAST_COVERED_TYPED = 0.9, 0.5
TYPED, TYPED_COLUMN = 0.3, 0.8
MOSTLY = 0.8
# mean words in the cells of a table of texts, and the columns from which on nobody writes prose so
MAX_WORDS, MANY = 4.0, 4
_RULE = re.compile(r"\s*:?-{2,}:?\s*")


def doubt(evidence: DialectEvidence) -> str:
    """Why the rows are more likely text than a table; empty when nothing speaks against them."""
    least = LEAST_COVERED_TYPED if evidence.typed >= TYPED else LEAST_COVERED
    if evidence.covered < least:
        return f"only {evidence.covered:.0%} of the lines are alike"
    if _is_drawn(evidence):
        return "a table that is drawn with lines"
    typed = sum(share >= TYPED_COLUMN for share in typed_shares(evidence.rows[1:], evidence.columns))
    if evidence.dialect.delimiter not in STRONG and typed < _needed(evidence) and not _is_terse(evidence):
        return f"{evidence.dialect.delimiter!r} stands between texts"
    if typed:
        return ""
    if evidence.columns == 2 and any(_empty(evidence, column) for column in range(2)):
        return f"{evidence.dialect.delimiter!r} stands at one end of the lines"
    prose = evidence.columns < MANY and not evidence.dialect.quoted and _words(evidence) > MAX_WORDS
    return "phrases" if prose else ""


def _needed(evidence: DialectEvidence) -> int:
    """How many columns must be typed under a delimiter that ordinary text has: `key: value` needs both."""
    return 2 if evidence.columns == 2 and evidence.dialect.delimiter.strip() == ":" else 1


def _is_terse(evidence: DialectEvidence) -> bool:
    """Whether every line has the same few words between the delimiters, three or more times."""
    regular = evidence.consistent == evidence.covered == 1
    return regular and evidence.columns >= 3 and len(evidence.rows) >= 3 and _words(evidence) <= 2


def _is_drawn(evidence: DialectEvidence) -> bool:
    """Whether a row of dashes parts names and values, as in Markdown."""
    cells = ([cell for cell in row if cell.strip()] for row in evidence.rows[:3])
    return any(row and all(map(_RULE.fullmatch, row)) for row in cells)


def _empty(evidence: DialectEvidence, column: int) -> bool:
    return sum(not row[column].strip() for row in evidence.rows) >= MOSTLY * len(evidence.rows)


def _words(evidence: DialectEvidence) -> float:
    cells = [cell for row in evidence.rows for cell in row]
    return sum(len(cell.split()) for cell in cells) / len(cells)
