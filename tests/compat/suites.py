"""`python -m compat.suites`: public suites and the project's own job as SparkJobs on both engines.

It takes the platform as `make demo` leaves it. It prints how long each query took, too, which tells something
where nothing else runs.
"""

import argparse
from collections import Counter
from collections.abc import Collection, Mapping

from demo import engines, pipeline
from demo.queries import ICEBERG, QUERIES, RAW
from demo.show import say, stage

from bench.engine import texts
from bench.engine.compare import report
from bench.engine.job import Size, run
from bench.load import load, schema
from compat import answers, tree

SIZE = Size(cores=2, memory="3Gi")
SHOWN = 20  # rows of an answer, for the first that differs
OWN = "the project's own"
SUITES = {
    "tpch": ("TPC-H, decimals", texts.tpch),
    "tpch_double": ("TPC-H, doubles", texts.tpch),
    "tpcds": ("TPC-DS", texts.tpcds),
}


def compared(database: str, queries: Mapping[str, str]) -> dict[str, str]:
    """Query -> verdict."""
    spark, sail = (run(engine, database, queries, SIZE, times=1, rows=SHOWN) for engine in engines.ENGINES)
    print(report(spark=spark, sail=sail))
    return {
        name: answers.verdict(text, spark.queries[name], sail.queries[name]) for name, text in queries.items()
    }


def suite(name: str, scale: float, only: Collection[str]) -> dict[str, str]:
    """Of one of SUITES; of all its queries, or of these."""
    load(name, scale)
    _, queries = SUITES[name]
    chosen = {query: text for query, text in queries().items() if not only or query in only}
    return compared(schema(name, scale), chosen)


def own() -> dict[str, str]:
    """The demo's job with what it writes, and the demo's questions in Spark's SQL."""
    return {pipeline.JOB.name: job()} | compared(ICEBERG.split(".")[1], questions())


def job() -> str:
    """Verdict on the demo's job."""
    with pipeline.sql() as port:
        engines.stage(port)
    for engine in engines.ENGINES:
        status = engines.run(engine)["status"]
        if status["state"] != "Succeeded":
            return f"{'fails' if engine == 'Sail' else 'unanswered'}: {status['message']}"
    with pipeline.sql() as port:
        answer = engines.compared(port)
    return "same" if engines.equal(answer) else f"differs: {answer.columns}: {answer.rows}"


def questions() -> dict[str, str]:
    """What the demo asks Trino and may ask Spark, which shows no partitions as a table."""
    return {query.name: query.sql.replace(f"{RAW}.", "raw.") for query in QUERIES if "$" not in query.sql}


def main() -> None:
    """Put what each suite gave into the file and the page, beside what is known of the others."""
    parser = argparse.ArgumentParser(prog="compat.suites", description=__doc__)
    parser.add_argument("--scale", type=float, default=0.01)
    parser.add_argument("--only", nargs="*", choices=(*SUITES, "own"), default=(*SUITES, "own"))
    parser.add_argument("--queries", nargs="*", default=(), help="of suites only these, as q01")
    options = parser.parse_args()
    for name in options.only:
        title = OWN if name == "own" else SUITES[name][0]
        with stage(title):
            said = own() if name == "own" else suite(name, options.scale, options.queries)
            kinds = Counter(it.partition(":")[0] for it in said.values())
            say(", ".join(f"{count} {kind}" for kind, count in kinds.items()))
        verified, before = tree.read(tree.VERIFIED), tree.read(tree.SUITES)
        earlier = before["suites"][title]["queries"] if options.queries else {}
        found = {"scale": None if name == "own" else options.scale, "queries": {**earlier, **said}}
        versions = {engine: verified[engine] for engine in ("spark", "sail")}
        tree.write(tree.SUITES, {**versions, "suites": before["suites"] | {title: found}})


if __name__ == "__main__":
    main()
