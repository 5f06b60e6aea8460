"""`python -m bench.engine tpch|tpch_double|tpcds|start`: Spark beside Sail, in pods of the same size."""

import argparse

from demo.show import say, stage

from bench.engine import start, texts
from bench.engine.compare import report
from bench.engine.job import Run, Size, run
from bench.load import load, schema
from bench.report import markdown

_TEXTS = {"tpch": texts.tpch, "tpch_double": texts.tpch, "tpcds": texts.tpcds}


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=(*_TEXTS, "start"))
    parser.add_argument("--scale", type=float, default=1)
    parser.add_argument("--times", type=int, default=2, help="of each query, or of each small job")
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--memory", default="3Gi", help="spec.driver.memory")
    parser.add_argument("--queries", nargs="*", help="only these, as q01")
    parser.add_argument("--rows", type=int, default=0, help="print so many rows where they differ")
    return parser.parse_args()


def main() -> None:
    """Load, measure, print."""
    options = arguments()
    size = Size(options.cores, options.memory)
    if options.part == "start":
        load("tpch", options.scale)
        phases = start.measure(schema("tpch", options.scale), size, options.times)
        order = sorted(phases["Spark"], key=phases["Spark"].__getitem__)
        cells = [[phase, *(f"{found[phase]:.1f}" for found in phases.values())] for phase in order]
        print(markdown(("seconds since the pod was made", *phases), cells))
        return
    load(options.part, options.scale)
    queries = _TEXTS[options.part]()
    chosen = {name: queries[name] for name in options.queries or queries}
    database = schema(options.part, options.scale)
    runs: dict[str, Run] = {}
    for engine in ("Spark", "Sail"):
        with stage(f"{len(chosen)} queries on {engine}"):
            runs[engine] = run(engine, database, chosen, size, options.times, options.rows)
    print(report(**{engine.lower(): found for engine, found in runs.items()}))
    for name, one in runs["Spark"].queries.items():
        if options.rows and one.digest != runs["Sail"].queries[name].digest:
            show(runs, name)


def show(runs: dict[str, Run], name: str) -> None:
    """The first rows of one query on each engine."""
    for engine, found in runs.items():
        for line in found.queries[name].rows:
            say(f"{name} {engine}: {line}")


if __name__ == "__main__":
    main()
