"""A million objects: a bare paginated listing, the crawler's listing and grouping, a crawl and the next one.

    PYTHONPATH=operator:tests python -m bench.crawl.scale [--objects N] [--leaf N]
    PYTHONPATH=operator:tests python -m bench.crawl.scale --folders N

Each step runs in a process of its own; nothing is asserted. `--folders`: the memory that as many leaf
folders of one object take, without a store.
"""

import argparse
import io
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
from botocore.config import Config

from bench.crawl.counting import CountingStore
from bench.crawl.gateway import BUCKET, Gateway, gateway
from bench.report import markdown
from emberlake.clients.s3 import S3Store, make_client
from emberlake.crawler.config import CatalogSettings, CrawlConfig, Location, S3Settings, Target
from emberlake.crawler.find import Finder
from emberlake.crawler.grouping.layout import group
from emberlake.crawler.listing.listing import list_target, sort_out
from emberlake.crawler.listing.store import StoredObject
from emberlake.crawler.progress import Progress

PREFIX = "raw/"
LINKS = 50_000  # ext4 allows 65,000 names of one file
DAYS = 28


def day(number: int) -> str:
    """The folder of a day."""
    year, month = 2000 + number // (12 * DAYS), number // DAYS % 12 + 1
    return f"{PREFIX}events/year={year}/month={month}/day={number % DAYS + 1}/"


def drop(folder: Path, objects: int, leaf: int) -> int:
    """Make `objects` Parquet files, `leaf` in each day's folder; returns the number of folders."""
    body = io.BytesIO()
    pq.write_table(pa.table({"id": range(100), "name": ["x"] * 100, "amount": [0.5] * 100}), body)
    source = folder
    for number in range(objects):
        path = folder / day(number // leaf) / f"part-{number % leaf:05}.parquet"
        if number % leaf == 0:
            path.parent.mkdir(parents=True)
        if number % LINKS:
            os.link(source, path)
        else:
            path.write_bytes(body.getvalue())
            source = path
    return -(-objects // leaf)


def bare(endpoint: str) -> dict[str, float]:
    """What a program does that lists a prefix by boto3's paginator."""
    config = Config(s3={"addressing_style": "path"}, region_name="us-east-1")
    pages = boto3.client("s3", endpoint_url=endpoint, config=config).get_paginator("list_objects_v2")
    objects = lists = 0
    for page in pages.paginate(Bucket=BUCKET, Prefix=PREFIX):
        lists += 1
        objects += len(page.get("Contents", ()))
    return {"objects": objects, "lists": lists, "gets": 0}


def grouped(endpoint: str) -> dict[str, float]:
    """The crawler's listing, and grouping by paths."""
    store = _store(endpoint)
    listing = list_target(
        store, Target(Location(BUCKET, PREFIX)), Location(BUCKET, "system/"), lambda _: None
    )
    layout = group(listing)
    partitions = sum(len(candidate.partitions) for candidate in layout.candidates)
    return {
        "objects": listing.total,
        "lists": store.lists,
        "gets": store.gets,
        "tables": len(layout.candidates),
        "partitions": partitions,
    }


def alone(number: int) -> None:
    """Group as many leaf folders; print the peak memory."""
    objects = (StoredObject(f"{day(each)}part-00000.parquet", 1000, f"{each:032x}") for each in range(number))
    layout = group(sort_out(Target(Location(BUCKET, PREFIX)), Location(BUCKET, "system/"), objects))
    (table,) = layout.candidates
    usage = resource.getrusage(resource.RUSAGE_SELF)
    print(
        f"{len(table.partitions):,} partitions: peak memory {usage.ru_maxrss / 1024:,.0f} MiB, "
        f"CPU {usage.ru_utime + usage.ru_stime:.1f} s"
    )


def crawled(endpoint: str) -> dict[str, float]:
    """The reading half of a crawl: list, look, group, decide, with the cache of the run before."""
    store = _store(endpoint)
    system = Location(BUCKET, "system/")
    catalog = CatalogSettings("lake", "lake_hive", (), Location(BUCKET, "wh/"), system, S3Settings())
    config = CrawlConfig("bench", "scale", "", 1, catalog, "raw", (Target(Location(BUCKET, PREFIX)),))
    found = Finder(config, store, Progress(io.StringIO())).find()
    files = sum(len(decision.candidate.files) for decision, _ in found.decisions)
    return {
        "objects": files,
        "lists": store.lists,
        "gets": store.gets,
        "tables": len(found.decisions),
        "partitions": sum(len(decision.candidate.partitions) for decision, _ in found.decisions),
    }


def _store(endpoint: str) -> CountingStore:
    return CountingStore(S3Store(make_client(S3Settings(endpoint, "us-east-1", path_style=True))), PREFIX)


STEPS = {"bare": bare, "grouped": grouped, "crawled": crawled}


def step(name: str, server: Gateway) -> dict[str, float]:
    """One step in a process of its own: its figures, wall time, CPU of both sides and peak memory."""
    before, start = server.cpu_seconds, time.monotonic()
    command = [sys.executable, "-m", "bench.crawl.scale", "--step", name, "--endpoint", server.endpoint]
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    figures: dict[str, float] = json.loads(out.splitlines()[-1])
    return figures | {"wall": time.monotonic() - start, "server": server.cpu_seconds - before}


def _row(title: str, figures: dict[str, float]) -> list[str]:
    return [
        title,
        f"{figures['wall']:.1f} s",
        f"{figures['cpu']:.1f} s",
        f"{figures['server']:.1f} s",
        f"{figures['lists']:,.0f}",
        f"{figures['gets']:,.0f}",
        f"{figures['rss']:,.0f} MiB",
        f"{figures.get('tables', 0):,.0f} / {figures.get('partitions', 0):,.0f}",
    ]


HEAD = ["", "wall", "CPU", "CPU of S3", "LIST", "GET", "peak memory", "tables / partitions"]


def main() -> None:
    """Drop the objects, run the steps, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--objects", type=int, default=1_000_000)
    parser.add_argument("--leaf", type=int, default=1_000)
    parser.add_argument("--step", choices=STEPS)
    parser.add_argument("--endpoint", default="")
    parser.add_argument("--folders", type=int, default=0)
    options = parser.parse_args()
    if options.folders:
        alone(options.folders)
        return
    if options.step:
        figures = STEPS[options.step](options.endpoint)
        usage = resource.getrusage(resource.RUSAGE_SELF)
        figures |= {"rss": usage.ru_maxrss / 1024, "cpu": usage.ru_utime + usage.ru_stime}
        print(json.dumps(figures))
        return
    with gateway() as server:
        start = time.monotonic()
        leaves = drop(server.folder, options.objects, options.leaf)
        dropped = time.monotonic() - start
        print(f"{options.objects:,} Parquet files in {leaves:,} folders, dropped in {dropped:.0f} s\n")
        steps = [
            ("bare paginated listing", "bare"),
            ("crawler: listed and grouped", "grouped"),
            ("crawler: first crawl, all decided", "crawled"),
            ("crawler: next crawl, nothing changed", "crawled"),
        ]
        figures = [step(name, server) for _, name in steps]
        print(markdown(HEAD, [_row(title, each) for (title, _), each in zip(steps, figures, strict=True)]))
        print(
            f"listed and grouped in {figures[1]['wall'] / figures[0]['wall']:.2f} of the bare listing's time"
        )


if __name__ == "__main__":
    main()
