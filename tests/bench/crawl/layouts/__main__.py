"""How well layouts are found.

    PYTHONPATH=operator:tests python -m bench.crawl.layouts [--set development|test] [--objects N] [--misses]

The test seeds are frozen: nothing is tuned on them.
"""

import argparse
import io
import resource
import time
from collections.abc import Iterator
from dataclasses import dataclass

from bench.crawl.layouts.cases import Made, Table, layout
from bench.crawl.layouts.store import LayoutStore
from bench.report import markdown
from emberlake.crawler.config import CatalogSettings, CrawlConfig, Grouping, Location, S3Settings, Target
from emberlake.crawler.find import Finder, Found
from emberlake.crawler.grouping.names import assign, table_name
from emberlake.crawler.progress import Progress

SEEDS = {"development": range(20), "test": range(1_000_000, 1_000_040)}
SIZES = (1, 10, 100, 1_000, 10_000)


@dataclass
class Score:
    """Sums over layouts."""

    objects: int = 0
    right: int = 0
    found: int = 0
    known: int = 0
    keyed: int = 0
    types: int = 0
    typed: int = 0
    lists: int = 0
    gets: int = 0
    again: int = 0
    seconds: float = 0.0

    @property
    def f1(self) -> float:
        """Of the sets of tables, by their locations."""
        return 2 * self.right / max(1, self.found + self.known)

    def row(self, title: str) -> list[str]:
        """Of the printed table."""
        return [
            title,
            f"{self.objects:,}",
            f"{self.known:,}",
            f"{self.f1:.4f}",
            f"{self.keyed / max(1, self.right):.4f}",
            f"{self.types / max(1, self.typed):.4f}",
            f"{self.lists / self.objects:.4f}",
            f"{self.gets / self.objects:.4f}",
            f"{self.again / self.objects:.4f}",
            f"{self.seconds:.1f} s",
        ]


HEAD = [
    "layouts", "objects", "tables", "table-set F1", "partition keys", "types",
    "LIST / object", "GET / object", "GET / object, next crawl", "wall",
]  # fmt: skip


def crawl(store: LayoutStore) -> Found:
    """The reading half of a crawl over raw/."""
    system = Location("lake", "system/")
    catalog = CatalogSettings("lake", "lake_hive", (), Location("lake", "wh/"), system, S3Settings())
    config = CrawlConfig(
        "bench", "layouts", "", 1, catalog, "raw", (Target(Location("lake", "raw/")),),
        grouping=Grouping(max_tables=100_000),
    )  # fmt: skip
    return Finder(config, store, Progress(io.StringIO())).find()


def found_tables(found: Found) -> dict[str, Table]:
    """What was decided, as the truth is written. Raises AssertionError when two tables share a name."""
    tables = {}
    for decision, _ in found.decisions:
        keys = tuple((key.name, str(key.type)) for key in decision.keys)
        columns = tuple((column.name, str(column.type)) for column in decision.columns)
        tables[decision.candidate.prefix] = Table(keys, columns)
    names = assign([(table_name("", prefix, "lake"), prefix) for prefix in tables], {})
    assert len(set(names.values())) == len(tables)
    return tables


def misses(made: Made, found: Found, tables: dict[str, Table]) -> Iterator[str]:
    """What differs, in words."""
    for problem in found.problems:
        yield f"problem {problem.reason}: {problem}"
    for prefix in sorted(made.tables.keys() | tables.keys()):
        wanted, seen = made.tables.get(prefix), tables.get(prefix)
        if wanted is None or seen is None:
            yield f"{'found' if wanted is None else 'missed'} {prefix} {seen or wanted}"
        elif wanted.keys != seen.keys or set(wanted.columns) != set(seen.columns):
            yield f"differs {prefix}: {wanted} but {seen}"


def measure(seed: int, objects: int, score: Score, *, told: bool) -> None:
    """Add one layout to `score`."""
    made = layout(seed, objects)
    store = LayoutStore(made.objects)
    start = time.monotonic()
    found = crawl(store)
    score.seconds += time.monotonic() - start
    score.lists, score.gets = score.lists + store.lists, score.gets + store.gets
    store.gets = 0
    crawl(store)
    score.again += store.gets
    tables = found_tables(found)
    score.objects += len(made.objects)
    score.found, score.known = score.found + len(tables), score.known + len(made.tables)
    for prefix in made.tables.keys() & tables.keys():
        wanted, seen = made.tables[prefix], tables[prefix]
        score.right += 1
        score.keyed += [name for name, _ in wanted.keys] == [name for name, _ in seen.keys]
        types = dict((*seen.columns, *seen.keys))
        score.typed += len(wanted.columns) + len(wanted.keys)
        score.types += sum(types.get(name) == kind for name, kind in (*wanted.columns, *wanted.keys))
    if told:
        for line in misses(made, found, tables):
            print(f"seed {seed}, {objects}: {line}")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--set", choices=SEEDS, default="development")
    parser.add_argument("--objects", type=int, nargs="*", default=SIZES)
    parser.add_argument("--misses", action="store_true")
    options = parser.parse_args()
    rows, total = [], Score()
    for objects in options.objects:
        seeds = SEEDS[options.set]
        score = Score()
        for seed in seeds[: max(1, min(len(seeds), 20_000 // objects))]:
            measure(seed, objects, score, told=options.misses)
        rows.append(score.row(f"{options.set}, about {objects:,} objects"))
        total = Score(*(a + b for a, b in zip(vars(total).values(), vars(score).values(), strict=True)))
    print(markdown(HEAD, [*rows, total.row(f"{options.set}, all")]))
    print(
        f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MiB, objects included"
    )


if __name__ == "__main__":
    main()
