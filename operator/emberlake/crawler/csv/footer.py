"""Lines behind the last row of a CSV table that belong to no row: sources, notes, end marks. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator

from emberlake.crawler.csv.cellshape import TEXT, looks

MAX_FOOTER_ROWS = 50
Rows = list[list[str]]


def held_back(chunks: Iterable[Rows]) -> Iterator[tuple[Rows, bool]]:
    """The rows of `chunks`, with the last `MAX_FOOTER_ROWS` in a chunk of their own, which is marked."""
    held: Rows = []
    for chunk in chunks:
        rows = held + chunk
        if len(rows) > MAX_FOOTER_ROWS:
            yield rows[:-MAX_FOOTER_ROWS], False
        held = rows[-MAX_FOOTER_ROWS:]
    yield held, True


def footer_rows(last: Rows, width: int) -> int:
    """How many of the `last` rows of a file stand behind its table of `width` columns (0: as most rows have),
    with the blank lines above and between them.

    They have a single field of text, or fewer fields than the table and a blank line above. Blank lines
    alone are no footer.
    """
    width = width or Counter(map(len, last)).most_common(1)[0][0] if last else 0
    if width < 2:
        return 0
    count = texts = 0
    for row in reversed(last):
        if any(cell.strip() for cell in row):
            if len(row) >= width:
                break
            texts += 1
        count += 1
    while count and not _starts_footer(last, len(last) - count):
        count -= 1
        texts -= any(cell.strip() for cell in last[len(last) - count - 1])
    return count if texts > 0 and count < len(last) else 0


def _starts_footer(last: Rows, index: int) -> bool:
    """Whether the footer can start at this row: a blank line with more behind it, or a sentence."""
    row = last[index]
    if not any(cell.strip() for cell in row):
        return True
    return len(row) == 1 and looks(row[0]) == TEXT and any(mark in row[0].strip() for mark in " :#-")
