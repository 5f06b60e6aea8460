"""Where the table lies among the rows of a text: behind a preamble, before a footer. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

_AHEAD = 5
_MIN_EARLIER_ROWS = 5


@dataclass(frozen=True)
class Region:
    """Rows `start` (first) to `end` (behind the last) of `columns` fields each; `consistent`: the share of
    them that have as many.
    """

    start: int
    end: int
    columns: int
    consistent: float


def find_region(widths: Sequence[int]) -> Region | None:
    """The table among rows of these `widths`; None when no row has two fields or more.

    Of two tables in one text the first counts, if it is long enough to be one.
    """
    counts = Counter(width for width in widths if width > 1)
    if not counts:
        return None
    usual = max(counts, key=lambda width: (counts[width], width))
    for columns in (_earlier(widths, usual), usual):
        if columns and (region := _of(widths, columns)):
            return region
    return None


def _earlier(widths: Sequence[int], usual: int) -> int:
    """The width of a table that stands before the first row of the usual width."""
    before = widths[: widths.index(usual)]
    need = max(_MIN_EARLIER_ROWS, len(widths) // 10)
    width, count = Counter(before).most_common(1)[0] if before else (0, 0)
    return width if width > 2 and count >= need and 2 * count >= len(before) else 0


def _of(widths: Sequence[int], columns: int) -> Region | None:
    same = [width == columns for width in widths]
    starts = [
        index for index, fits in enumerate(same)
        if fits and 2 * sum(same[index : index + _AHEAD]) >= len(same[index : index + _AHEAD])
    ]  # fmt: skip
    if not starts:
        return None
    start, end = starts[0], starts[-1] + 1
    while end < len(same) and same[end]:
        end += 1
    return Region(start, end, columns, sum(same[start:end]) / (end - start))
