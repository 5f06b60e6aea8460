"""Whether the first row of a table names the columns, and how many rows of names there are. Pure.

Judged by shape and type of each column: a text above values of a type speaks for a header, a cell that is
shaped like the values below it, or stands among them, against one. The evidence is added up as log-odds.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from emberlake.crawler.csv.cellshape import FLAG, NOTHING, NUMBER, TEXT, TYPED, looks
from emberlake.crawler.csv.headerwords import WORDS

MAX_BODY = 200
MAX_HEADER_ROWS = 5
_PRIOR = 1.0
_UNIT = re.compile(
    r"\(.{1,20}\)|\[.{1,20}\]|[%‰°$€£]|°?[CFK]|deg[CF]|[kmcµ]?[mgsWlLJN]|[kMGT]i?B|[km]?m/[sh]|mm|cm|km|days|hours"
)
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_a-zA-Z]+")


@dataclass(frozen=True)
class Header:
    """Whether the first row names the columns, how sure that is (0 to 1), and why."""

    present: bool
    confidence: float
    why: str


@dataclass(frozen=True)
class _Clue:
    """One observation: its weight (above zero for a header) and what it is in words."""

    weight: float
    why: str


def judge_header(first: Sequence[str], body: Sequence[Sequence[str]]) -> Header:
    """Judge the row `first` above the rows `body` of one file."""
    if not any(cell.strip() for cell in first):
        return Header(False, 0.9, "the first row is empty")
    if not body:
        return _alone(first)
    body = _without_repeats(first, body)
    names = _numbered_names(first, body)
    clues = _row_clues(first)
    for index, name in enumerate(first):
        cells = [row[index] for row in body[:MAX_BODY] if index < len(row)]
        values = [cell.strip() for cell in cells if looks(cell) != NOTHING]
        if name.strip() and values and index not in names:
            clues += _column_clues(name.strip(), values)
    if names:
        clues.append(_Clue(1.5, f"{first[names[0]]!r} to {first[names[-1]]!r} are numbered names"))
    total = _PRIOR + sum(clue.weight for clue in clues)
    told = max(
        (clue for clue in clues if clue.weight * total > 0), key=lambda clue: abs(clue.weight), default=None
    )
    why = told.why if told else "nothing speaks against names, which most files have"
    return Header(total > 0, round(min(0.99, 1 / (1 + math.exp(-abs(total)))), 2), why)


def decide_header(first: Sequence[str], body: Sequence[Sequence[str]], *, shared: bool) -> Header:
    """Like `judge_header`; `shared`: other files of the table start with the same row, as names do."""
    alone = judge_header(first, body)
    if not shared or (not alone.present and any(looks(cell) in TYPED - {FLAG} for cell in first)):
        return alone
    return Header(True, 0.99, "several files start with the same first row")


def _without_repeats(first: Sequence[str], body: Sequence[Sequence[str]]) -> Sequence[Sequence[str]]:
    """`body` without rows that repeat `first`, where the others have typed columns: the names again."""
    others = [row for row in body[:MAX_BODY] if list(row) != list(first)]
    typed = len(others) < len(body[:MAX_BODY]) and any(_typed_column(others, n) for n in range(len(first)))
    return others if typed else body


def _alone(first: Sequence[str]) -> Header:
    """Judge a row with nothing below it."""
    values = [cell for cell in first if looks(cell) in TYPED - {FLAG}]
    if values:
        return Header(False, 0.9, f"{values[0]!r} in the only row is a value")
    return Header(True, 0.6, "a single row of texts that look like names")


def _row_clues(first: Sequence[str]) -> list[_Clue]:
    """What the first row says by itself."""
    named = [cell.strip() for cell in first if cell.strip()]
    clues = []
    if twins := len(named) - len(set(named)):
        clues.append(_Clue(-min(3.0, 6.0 * twins / len(named)), "the first row repeats its cells"))
    if 2 * len(named) < len(first):
        clues.append(_Clue(-1.0, "most cells of the first row are empty"))
    return clues


def _numbered_names(first: Sequence[str], body: Sequence[Sequence[str]]) -> list[int]:
    """Positions of cells such as years or dates that are names: three or more in even steps, which the rows
    below do not repeat.
    """
    numbers = [index for index, cell in enumerate(first) if re.fullmatch(r"\d{1,4}", cell.strip())]
    if _even_steps(first, numbers) and not any(_even_steps(row, numbers) for row in body[:5]):
        return numbers
    dates = [index for index, cell in enumerate(first) if looks(cell) in TYPED - {NUMBER, FLAG}]
    below = [looks(row[index]) for row in body[:20] for index in dates if index < len(row)]
    if len(dates) >= 3 and below and sum(kind == NUMBER for kind in below) >= 0.8 * len(below):
        return dates
    return []


def _even_steps(row: Sequence[str], indexes: Sequence[int]) -> bool:
    if len(indexes) < 3 or any(i >= len(row) or not row[i].strip().isdigit() for i in indexes):
        return False
    numbers = [int(row[index]) for index in indexes]
    steps = {later - earlier for earlier, later in pairwise(numbers)}
    return len(steps) == 1 and steps != {0}


def _column_clues(name: str, values: Sequence[str]) -> list[_Clue]:
    """What one column says: its first cell against the values below."""
    kind = looks(name)
    kinds = [looks(value) for value in values]
    usual = max(set(kinds), key=kinds.count)
    sure = kinds.count(usual) >= 0.9 * len(kinds)
    if usual != TEXT and sure:
        return [_over_typed(name, kind, usual)]
    if kind in TYPED - {FLAG}:
        return [_Clue(-1.5 if usual == TEXT else -0.7, f"{name!r} in the first row is a value")]
    return _over_text(name, values)


def _over_typed(name: str, kind: str, usual: str) -> _Clue:
    if kind == TEXT:
        weight = 1.2 if usual == FLAG else 2.5
        return _Clue(weight, f"column {name!r} starts with a text above values of another type")
    if kind == usual:
        return _Clue(-2.5, f"{name!r} in the first row is a value like those below it")
    return _Clue(0.0 if kind == NOTHING else 0.5, f"{name!r} is of another type than the values below")


def _over_text(name: str, values: Sequence[str]) -> list[_Clue]:
    """A text above texts."""
    distinct = set(values)
    clues = []
    if name in distinct:
        clues.append(
            _Clue(
                -2.0 * min(1.0, 0.2 * len(values)),
                f"{name!r} of the first row appears among the values of its column",
            )
        )
    shapes = {_shape(value) for value in distinct}
    weight = min(1.0, 0.3 * len(values))
    if len(shapes) == 1 and name not in distinct:
        same = _shape(name) in shapes
        clues.append(_Clue(-weight if same else 1.2 * weight, _told_shape(name, same)))
    elif _shape(name) not in shapes:
        clues.append(_Clue(0.4 * weight, _told_shape(name, False)))
    lengths = {len(value) for value in values}
    if len(values) > 2 and len(lengths) == 1 and len(name) not in lengths:
        clues.append(_Clue(0.8, f"all values below {name!r} have one length, and it has another"))
    if len(name) > 60 or name.endswith((".", "!")):
        clues.append(_Clue(-0.8, f"{name[:30]!r}... reads like a sentence"))
    if _is_word(name) and sum(map(_is_word, distinct)) <= 0.3 * len(distinct):
        clues.append(_Clue(0.8, f"{name!r} is a usual name of a column"))
    if re.fullmatch(r"[A-Za-z]+(?:_[A-Za-z0-9]+)+|[a-z]+(?:[A-Z][a-z0-9]+)+", name):
        clues.append(_Clue(0.6, f"{name!r} is written as an identifier"))
    return clues


def _told_shape(name: str, same: bool) -> str:
    return f"{name!r} is shaped {'like' if same else 'unlike'} the values below it"


def _is_word(text: str) -> bool:
    """Whether one of at most three words of `text` is a usual name of a column."""
    words = _PARTS.findall(text[:40])
    return len(words) <= 3 and any(word.lower() in WORDS for word in words)


def _shape(text: str) -> str:
    """Letters as a or A, digits as 9, runs of one class as one character: `New York 9` is `Aa Aa 9`."""
    mapped = re.sub(r"[^\W\d_]", lambda match: "A" if match.group().isupper() else "a", text[:60])
    mapped = re.sub(r"\d", "9", mapped)
    return re.sub(r"(.)\1+", r"\1", mapped)


def header_rows(rows: Sequence[Sequence[str]]) -> int:
    """How many of `rows` name the columns when the first does: further names, units, the same names again."""
    count = 1
    while count < MAX_HEADER_ROWS and len(rows) > count + 1 and _names_too(rows, count):
        count += 1
    return count


def _names_too(rows: Sequence[Sequence[str]], index: int) -> bool:
    row, body = rows[index], rows[index + 1 :]
    if list(row) == list(rows[0]):
        return True
    columns = [column for column in range(len(row)) if _typed_column(body[:MAX_BODY], column)]
    cells = [row[column].strip() for column in columns]
    kinds = [looks(cell) for cell in cells]
    texts = [cell for cell, kind in zip(cells, kinds, strict=True) if kind == TEXT]
    if not texts or any(kind in TYPED - {FLAG} for kind in kinds):
        return False
    if len(texts) >= 2 and len(texts) >= 0.6 * len(columns):
        return True
    return all(_UNIT.fullmatch(cell.strip()) for cell in row if cell.strip())


def _typed_column(body: Sequence[Sequence[str]], column: int) -> bool:
    kinds = [looks(row[column]) for row in body if column < len(row)]
    values = [kind for kind in kinds if kind != NOTHING]
    return bool(values) and sum(kind in TYPED - {FLAG} for kind in values) >= 0.9 * len(values)
