"""`python -m compat.gateway`: the cases on Spark, on Sail, and on Sail behind the gateway of each engine."""

from argparse import Namespace

from compat import behind, tree
from compat.__main__ import options
from compat.comparison import BUILD, Comparison, Result, judged

ENGINES = ("Auto", "Sail")


def run(asked: Namespace, gateway: str = "") -> tuple[list[Result], dict[str, str]]:
    """Of every case what Spark said and how Sail compares, and the versions of both."""
    both = Comparison(asked, gateway=gateway)
    try:
        return [*both.functions(), *both.features()], both.versions()
    finally:
        both.stop()


def show(engine: str, results: list[Result]) -> None:
    """Every case with another result than Spark's."""
    for it in results:
        if it.verdict.kind in behind.OTHER_RESULT:
            print(engine, behind.full_name(it.case), it.case.id, it.verdict.note, sep=" | ")


def main() -> None:
    """Run what is asked for; without `--only` write what was found."""
    asked = options()
    BUILD.mkdir(parents=True, exist_ok=True)
    direct, versions = run(asked)
    # Spark is asked once
    asked.keep = [*asked.keep, "spark"]
    said = {}
    for engine in ENGINES:
        results, _ = run(asked, engine)
        show(engine, results)
        said[engine] = behind.found(judged(direct), judged(results))
        print(engine, said[engine]["counts"])
    if not asked.only:
        tree.write(tree.GATEWAY, {**versions, "engines": said})


if __name__ == "__main__":
    main()
