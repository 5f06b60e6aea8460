"""`python -m compat.lake`: what both engines read of Iceberg tables of the installed platform."""

import sys
from argparse import Namespace
from pathlib import Path

from compat import platform, reading, tree, verdicts
from compat.__main__ import options, show
from compat.comparison import BUILD, Comparison, Result, judged
from compat.reading import CASES

LAKE = CASES / "lake"
SECONDS = 300.0


def compare(asked: Namespace, jars: list[Path]) -> list[Result]:
    """Spark writes the tables of setup.txt, both read them, Spark drops them."""
    setup = list(reading.lines(LAKE / "setup.txt"))
    drops = [statement for statement in setup if statement.startswith("DROP")]
    with platform.connected(jars) as lake:
        both = Comparison(asked, lake)
        try:
            done = both.spark.ask({"sql": {"setup": [*setup, "SELECT 1"]}}, SECONDS)["setup"]
            if "error" in done:
                raise RuntimeError(f"the tables of {LAKE / 'setup.txt'} cannot be made: {done['error']}")
            try:
                return list(both.queries(reading.cases(reading.lines(LAKE / "features.txt"), {})))
            finally:
                leave = [*drops, "DROP DATABASE lake.compat_engines", "SELECT 1"]
                both.spark.ask({"sql": {"drop": leave}}, SECONDS)
        finally:
            both.stop()


def main() -> None:
    """Put what is found beside what `python -m compat` has found."""
    asked = options(lake=True)
    BUILD.mkdir(parents=True, exist_ok=True)
    results = compare(asked, asked.jars)
    show(results)
    verified = tree.read(tree.VERIFIED)
    found = verdicts.features(judged(results))
    verified["features"] = dict(sorted({**verified["features"], **found}.items()))
    tree.write(tree.VERIFIED, verified)


if __name__ == "__main__":
    sys.exit(main())
