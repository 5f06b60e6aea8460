"""What a file looks like, as far as grouping folders needs it: its format and its columns. Pure."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

MAX_DISTINCT = 200


@dataclass(frozen=True, slots=True)
class Shape:
    """Format of a file and the names of its columns (none where they are not known).

    A column without a name stands as its position and kind, `0:int`; `named` tells the two apart. `first` is
    the first row of a CSV file.
    """

    format: str
    columns: frozenset[str] = frozenset()
    named: bool = True
    first: tuple[str, ...] = field(default=(), compare=False)


def similarity(one: Shape, other: Shape, *, grown: bool) -> float:
    """How alike two files are, between 0 and 1; 0 for two formats.

    Glue publishes a threshold but not its formula. Here it is the share of common columns of all columns of
    both (Dice). When paths say that the files are parts of one dataset, whose columns may have `grown`, it
    is the geometric mean of that likeness, 1, and the share of common columns of the narrower file's; there,
    unknown columns or a lacking header tell nothing.
    """
    if one.format != other.format:
        return 0.0
    if grown and (not one.columns or not other.columns or one.named != other.named):
        return 1.0
    common = len(one.columns & other.columns)
    widths = len(one.columns), len(other.columns)
    return math.sqrt(common / min(widths)) if grown else 2 * common / max(1, sum(widths))


def alike(one: Iterable[Shape], other: Iterable[Shape], threshold: float, *, grown: bool) -> bool:
    """Whether two folders hold files that are more similar than `threshold`; unknown ones are."""
    one, other = list(one), list(other)
    if not one or not other:
        return True
    best = max(similarity(a, b, grown=grown) for a in one for b in other)
    return best > threshold or best == 1.0


def largest_cluster(
    shapes: list[frozenset[Shape]], threshold: float, *, grown: bool
) -> tuple[list[int], int]:
    """Indices (rising) of the most folders that are alike, directly or through others; number of clusters.

    Of very many different shapes the first `MAX_DISTINCT` are compared, the others are taken for different.
    """
    distinct = list(dict.fromkeys(shapes))
    cluster = list(range(len(distinct)))
    for index, one in enumerate(distinct[:MAX_DISTINCT]):
        for earlier in range(index):
            if cluster[earlier] != cluster[index] and alike(one, distinct[earlier], threshold, grown=grown):
                old, new = cluster[index], cluster[earlier]
                cluster = [new if number == old else number for number in cluster]
    of_shape = dict(zip(distinct, cluster, strict=True))
    members: dict[int, list[int]] = {}
    for index, shape in enumerate(shapes):
        members.setdefault(of_shape[shape], []).append(index)
    return max(members.values(), key=len, default=[]), len(members)
