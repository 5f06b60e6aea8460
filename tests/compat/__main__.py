"""`python -m compat`: runs the cases on both engines, prints what differs, writes what was found."""

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path

from compat import document, reading, sample, tree, verdicts
from compat.comparison import BUILD, Comparison, Result, judged
from compat.reading import CASES

KEPT = ("spark", "sail", "sail-Auto", "sail-Sail")
ON_PLATFORM = ("read.iceberg", "iceberg.", "table.")  # features that need a metastore and an object store


def by_nature() -> dict[str, str]:
    """What is refused without a comparison."""
    pairs = (line.split(" ; ") for line in reading.lines(CASES / "by_nature.txt"))
    return {name: f"differs: {why}" for name, why in pairs}


def write(
    both: Comparison, functions: dict[str, str], features: dict[str, str], compared: dict[str, str]
) -> None:
    """verified.json and the page."""
    said = dict(sorted({**functions, **by_nature()}.items()))
    features = dict(sorted({**elsewhere(tree.read(tree.VERIFIED)["features"]), **features}.items()))
    content = document.verified(both.versions(), said, features, both.described(), compared)
    tree.write(tree.VERIFIED, content)


def elsewhere(before: dict[str, str]) -> dict[str, str]:
    """What was found on the platform stands until somebody looks there again."""
    return {name: said for name, said in before.items() if name.startswith(ON_PLATFORM)}


def show(results: Iterable[Result]) -> None:
    """Every case that did not give the same."""
    for it in results:
        if it.verdict.kind in {"differs", "lenient", "fails"}:
            print(it.case.name, it.case.kinds, it.verdict.kind, it.case.id, it.verdict.note, sep=" | ")


def options(*, lake: bool = False) -> argparse.Namespace:
    """Of the command line."""
    parser = argparse.ArgumentParser(prog="compat", description=__doc__)
    add = parser.add_argument
    add("--spark-home", type=Path, required=True, help="folder with the jars of Spark")
    add("--spark-python", required=True, help="path of the packages pyspark and py4j of that Spark")
    add("--python", type=Path, default=Path(sys.executable), help="interpreter that has pysail")
    add("--only", nargs="*", default=[], metavar="NAME", help="only these names; nothing is written")
    add("--keep", nargs="*", default=[], choices=KEPT, help="take what this engine said before")
    if lake:
        add("--jars", nargs="+", type=Path, required=True, help="what Spark needs for Iceberg and S3")
    return parser.parse_args()


def main() -> None:
    """Run what is asked for."""
    asked = options()
    BUILD.mkdir(parents=True, exist_ok=True)
    both = Comparison(asked)
    try:
        of_functions, of_features = list(both.functions()), list(both.features())
        calls, features = judged(of_functions), verdicts.features(judged(of_features))
        if asked.only:
            show([*of_functions, *of_features])
        else:
            functions = verdicts.functions(verdicts.gathered(calls))
            write(both, functions, features, verdicts.compared(calls))
            sample.write([*of_functions, *of_features])
    finally:
        both.stop()
    print(len(of_functions), "results of functions,", len(of_features), "of features")


if __name__ == "__main__":
    main()
