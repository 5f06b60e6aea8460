"""The demo's job once on each engine, over Iceberg copies of the crawled CSV tables, which Sail misreads."""

from typing import Any

import yaml

from demo import kube, pipeline
from demo.queries import RAW, Answer, ask

ENGINES = ("Spark", "Sail")
DATABASE = "staged"
SOURCES = ("flights", "weather")


def stage(port: int) -> int:
    """Copy the crawled tables into Iceberg by Trino; rows copied."""
    ask(port, f"CREATE SCHEMA IF NOT EXISTS lake.{DATABASE}")
    copies = (f"CREATE OR REPLACE TABLE lake.{DATABASE}.{n} AS SELECT * FROM {RAW}.{n}" for n in SOURCES)
    return sum(ask(port, copy).rows[0][0] for copy in copies)


def run(engine: str) -> dict[str, Any]:
    """Run the job on this engine, in one pod like the sample's driver; the SparkJob when it has ended."""
    job = yaml.safe_load(pipeline.sample("sparkjob"))
    job["metadata"]["name"] = name = f"flights-weather-{engine.lower()}"
    job["spec"] |= {"engine": engine, "arguments": ["--source", DATABASE, "--target", table(engine)]}
    del job["spec"]["executor"]
    if engine == "Spark":
        # its tasks run in the driver, as Sail's do
        job["spec"]["executor"] = {"instances": 0}
    kube.kubectl("delete", "sparkjob", name, "-n", pipeline.NAMESPACE, "--ignore-not-found")
    kube.apply(job, pipeline.NAMESPACE)
    return kube.wait_state("sparkjob", name, pipeline.NAMESPACE, ("Succeeded", "Failed"), 600)


def table(engine: str) -> str:
    """Where the job writes on this engine."""
    return f"lake.analytics.flights_weather_{engine.lower()}"


def compared(port: int, spark: str = table("Spark")) -> Answer:
    """Rows by engine, and how many of them the other engine's table does not have; `spark`: Spark's table."""
    sail = table("Sail")
    parts = (
        f"SELECT '{engine}' AS engine, (SELECT count(*) FROM {ours}) AS \"rows\", "
        f"(SELECT count(*) FROM (SELECT * FROM {ours} EXCEPT ALL SELECT * FROM {theirs})) AS only_here"
        for engine, ours, theirs in (("Spark", spark, sail), ("Sail", sail, spark))
    )
    return ask(port, " UNION ALL ".join(parts) + " ORDER BY engine DESC")


def equal(answer: Answer) -> bool:
    """Whether both tables have the same rows, and some."""
    (_, spark, more), (_, sail, other) = answer.rows
    return bool(spark == sail > 0 and more == other == 0)
