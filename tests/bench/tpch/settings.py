"""Candidates for the release's Spark defaults, each with Spark's own value and the reason to change it."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Candidate:
    """One change.

    Attributes:
        stock: what holds where nothing is set.
        ours: what the release would set.
    """

    name: str
    stock: Mapping[str, str]
    ours: Mapping[str, str]
    reason: str


CATALOG = "spark.sql.catalog.lake"
CANDIDATES: tuple[Candidate, ...] = (
    Candidate(
        "parallel GC",
        {"spark.driver.defaultJavaOptions": "", "spark.executor.defaultJavaOptions": ""},
        {
            "spark.driver.defaultJavaOptions": "-XX:+UseParallelGC",
            "spark.executor.defaultJavaOptions": "-XX:+UseParallelGC",
        },
        "the JVM takes its serial collector below 2 CPUs or 1792 MiB, which is where small executors are",
    ),
    Candidate(
        "broadcast by real size",
        {"spark.sql.adaptive.autoBroadcastJoinThreshold": "10485760"},
        {"spark.sql.adaptive.autoBroadcastJoinThreshold": "67108864"},
        "adaptive execution knows sizes exactly when it decides",
    ),
    Candidate(
        "local hash joins",
        {"spark.sql.adaptive.maxShuffledHashJoinLocalMapThreshold": "0"},
        {"spark.sql.adaptive.maxShuffledHashJoinLocalMapThreshold": "67108864"},
        "partitions that are known to be small need no sort before the join",
    ),
    Candidate(
        "coalesce to the advised size",
        {"spark.sql.adaptive.coalescePartitions.parallelismFirst": "true"},
        {"spark.sql.adaptive.coalescePartitions.parallelismFirst": "false"},
        "fewer, fuller tasks after a shuffle",
    ),
    Candidate(
        "cost-based joins",
        {"spark.sql.cbo.enabled": "false", "spark.sql.cbo.joinReorder.enabled": "false"},
        {"spark.sql.cbo.enabled": "true", "spark.sql.cbo.joinReorder.enabled": "true"},
        "Trino leaves distinct counts in Iceberg's statistics files, which order the joins",
    ),
    Candidate(
        "manifest cache",
        {f"{CATALOG}.io.manifest.cache-enabled": "false"},
        {f"{CATALOG}.io.manifest.cache-enabled": "true"},
        "planning the same tables again reads no manifest from S3",
    ),
    Candidate(
        "bloom filters of any size",
        {"spark.sql.optimizer.runtime.bloomFilter.applicationSideScanSizeThreshold": "10737418240"},
        {"spark.sql.optimizer.runtime.bloomFilter.applicationSideScanSizeThreshold": "67108864"},
        "rows that find no partner are dropped before the shuffle",
    ),
    Candidate(
        "no wait for locality",
        {"spark.locality.wait": "3s"},
        {"spark.locality.wait": "0s"},
        "data lie in S3: waiting for a place near them gains nothing",
    ),
    Candidate(
        "larger shuffle buffers",
        {"spark.shuffle.file.buffer": "32k", "spark.unsafe.sorter.spill.reader.buffer.size": "1m"},
        {"spark.shuffle.file.buffer": "1m", "spark.unsafe.sorter.spill.reader.buffer.size": "1m"},
        "fewer small writes to the node's disk",
    ),
    Candidate(
        "huge pages",
        {"spark.executor.extraJavaOptions": "", "spark.driver.extraJavaOptions": ""},
        {
            "spark.executor.extraJavaOptions": "-XX:+UseTransparentHugePages",
            "spark.driver.extraJavaOptions": "-XX:+UseTransparentHugePages",
        },
        "fewer TLB misses on a heap of some GiB",
    ),
)


def stock() -> dict[str, str]:
    """Spark's own values of all that the candidates change; an unset text is left out."""
    return {key: value for candidate in CANDIDATES for key, value in candidate.stock.items() if value}


def alone(candidate: Candidate) -> dict[str, str]:
    """Spark's own values, and this candidate's."""
    return stock() | candidate.ours


def all_of(candidates: tuple[Candidate, ...] = CANDIDATES) -> dict[str, str]:
    """Spark's own values, and these candidates'."""
    found = stock()
    for candidate in candidates:
        found |= candidate.ours
    return found
