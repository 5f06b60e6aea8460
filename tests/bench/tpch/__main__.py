"""`python -m bench.tpch`: TPC-H on Iceberg, the release's Spark settings beside Spark's own."""

import argparse
import json

from demo.show import stage

from bench.load import load, schema
from bench.report import markdown
from bench.tpch import run, settings
from bench.tpch.run import Measured


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1)
    parser.add_argument("--repeat", type=int, default=3, help="applications by configuration")
    parser.add_argument("--cores", type=int, default=2, help="of the one executor")
    parser.add_argument("--memory", default="2Gi", help="of the one executor")
    parser.add_argument("--each", action="store_true", help="compare the session's settings one by one")
    return parser.parse_args()


def main() -> None:
    """Load, measure, print."""
    options = arguments()
    database = schema("tpch", options.scale)
    load("tpch", options.scale)
    run.upload()
    if options.each:
        print(markdown(("setting", "22 queries", "ratio"), each(options)))
        return
    configurations = {
        "Spark's own": settings.stock(),
        f"{settings.COLLECTOR} alone": settings.with_only(settings.COLLECTOR),
        "release": {},
    }
    runs: dict[str, list[list[Measured]]] = {name: [] for name in configurations}
    # in turns, so that whatever else the machine does falls on all alike
    for number in range(options.repeat):
        for name, conf in configurations.items():
            with stage(f"{name}, application {number + 1}"):
                runs[name].append(run.application(database, conf, options.cores, options.memory))
    seconds = {name: run.medians(found) for name, found in runs.items()}
    run.medians(one for found in runs.values() for one in found)
    ratios = (f"{name}: ratio" for name in list(configurations)[1:])
    print(markdown(("", *configurations, *ratios), rows(seconds)))


def each(options: argparse.Namespace) -> list[list[str]]:
    """One row a setting of the session: the sum over the queries."""
    confs = settings.of_session()
    with stage("each setting of the session"):
        found = run.application(
            schema("tpch", options.scale), settings.stock(), options.cores, options.memory, json.dumps(confs)
        )
    sums = {name: sum(one.seconds for one in found if one.name.startswith(f"{name}: ")) for name in confs}
    stock = next(iter(sums.values()))
    return [[name, f"{value:.1f} s", f"{stock / value:.2f}"] for name, value in sums.items()]


def rows(seconds: dict[str, dict[str, float]]) -> list[list[str]]:
    """One row a query, then the sums; ratios are stock by ours, above 1 is faster."""
    first = next(iter(seconds.values()))
    table = [(name, [one[name] for one in seconds.values()]) for name in first]
    queries = [name for name in first if name.startswith("q")]
    for title, names in (("22 queries", queries), ("writes", [n for n in first if n not in queries])):
        table.append((title, [sum(one[name] for name in names) for one in seconds.values()]))
    return [
        [name, *(f"{value:.2f} s" for value in values), *(f"{values[0] / value:.2f}" for value in values[1:])]
        for name, values in table
    ]


if __name__ == "__main__":
    main()
