"""What two engines gave for the same queries, as tables and sentences."""

from collections.abc import Callable, Iterator

from bench.engine.job import Found, Run
from bench.report import markdown

_LONGEST_ERROR = 400
HEAD = ("", "Spark, first", "Sail, first", "ratio", "Spark, best", "Sail, best", "ratio")


def report(spark: Run, sail: Run) -> str:
    """The table of all queries, what the pods took, and where the engines part."""
    return "\n".join([markdown(HEAD, rows(spark, sail)), *pods(spark, sail), *sentences(spark, sail)]) + "\n"


def rows(spark: Run, sail: Run) -> list[list[str]]:
    """One row a query, then the sums over the queries that both engines answered alike."""
    pairs = [(one, sail.queries[name]) for name, one in spark.queries.items()]
    table = [[one.name, *_cells([(one, other)])] for one, other in pairs]
    alike = [pair for pair in pairs if _alike(*pair)]
    return [*table, [f"all {len(alike)} of {len(pairs)} that are equal", *_cells(alike)]]


def pods(spark: Run, sail: Run) -> Iterator[str]:
    """What each engine's pods took."""
    for engine, run in (("Spark", spark), ("Sail", sail)):
        pods = "one pod" if run.pods == 1 else f"{run.pods} pods, one after another"
        took = f"{run.wall:,.0f} s in all, CPU {run.cpu:,.0f} s, peak {run.peak:,.0f} MiB"
        yield f"{engine}: {pods} of {run.limit}; {took}"


def sentences(spark: Run, sail: Run) -> Iterator[str]:
    """Where Spark wins, what failed, what differs."""
    pairs = [(one, sail.queries[name]) for name, one in spark.queries.items()]
    wins = [one.name for one, other in pairs if _alike(one, other) and min(one.seconds) < min(other.seconds)]
    yield f"Spark wins: {', '.join(wins) or 'nowhere'}"
    for engine, run in (("Spark", spark), ("Sail", sail)):
        for one in run.queries.values():
            if one.error:
                yield f"{engine} has no answer to {one.name}: {' '.join(one.error.split())[:_LONGEST_ERROR]}"
    parting: tuple[tuple[str, Callable[[Found], object]], ...] = (
        ("rows differ", lambda one: one.digest),
        ("types of columns differ", lambda one: one.types),
        ("names of columns differ", lambda one: one.names),
        ("order of rows differs", lambda one: one.ordered),
    )
    answered = [(one, other) for one, other in pairs if not one.error and not other.error]
    for what, part in parting:
        names = [one.name for one, other in answered if part(one) != part(other)]
        yield f"{what}: {', '.join(names) or 'nowhere'}"
    yield f"no rows at all: {', '.join(o.name for o, _ in answered if not o.count) or 'nowhere'}"


def _alike(one: Found, other: Found) -> bool:
    return not one.error and not other.error and one.digest == other.digest


def _cells(pairs: list[tuple[Found, Found]]) -> list[str]:
    cells: list[str] = []
    for of in (lambda one: one.seconds[0], lambda one: min(one.seconds)):
        spark = None if any(one.error for one, _ in pairs) else sum(of(one) for one, _ in pairs)
        sail = None if any(other.error for _, other in pairs) else sum(of(other) for _, other in pairs)
        cells += [_seconds(spark), _seconds(sail), f"{spark / sail:.1f}" if spark and sail else ""]
    return cells


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.2f} s"
