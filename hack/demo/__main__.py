"""Run the main job on the installed platform and print what it did: `python -m demo`."""

import sys
import time
from typing import Any

from trino.exceptions import TrinoQueryError

from demo import engines, pipeline, show
from demo.kube import ROOT, KubectlError
from demo.queries import QUERIES, ask

PICTURE = ROOT / ".build/demo/delay-by-month.png"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def main() -> int:
    """Run all stages; 1 when one of them failed."""
    try:
        return _run()
    except (TimeoutError, KubectlError, TrinoQueryError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def _run() -> int:
    start = time.monotonic()
    with show.stage("Raw data into S3"):
        total, written = pipeline.load_raw()
        show.say(f"{total} objects under s3://lake/raw/, {written} written now")
    with show.stage("Catalog lake"):
        show.say(_line(pipeline.apply_catalog()))
    pipeline.apply_warehouse()
    with show.stage("Crawl raw-flights: tables and partitions from the files"):
        crawled = pipeline.crawl()
        show.say(_line(crawled))
        if not _ended_well(crawled):
            return 1
    with show.stage("SparkJob flights-weather: join into Iceberg"):
        job = pipeline.spark_job()
        show.say(_line(job))
        if not _ended_well(job):
            return 1
    with show.stage("Warehouse wh: Trino"):
        show.say(_line(pipeline.warehouse_ready()))
    with pipeline.sql() as port:
        for query in QUERIES:
            with show.stage(query.title):
                answer = ask(port, query.sql)
                show.table(answer)
                if query.name == "delay_by_month":
                    delays = [float(row[3]) for row in answer.rows]
                    show.bars(_MONTHS, delays)
                    show.picture(_MONTHS, delays, PICTURE)
                    show.say(f"picture: {PICTURE.relative_to(ROOT)}")
        if not _on_both_engines(port):
            return 1
    print(f"Main job done in {time.monotonic() - start:.0f} s.")
    return 0


def _on_both_engines(port: int) -> bool:
    with show.stage("The crawled tables as Iceberg"):
        show.say(f"{engines.stage(port):,} rows in lake.{engines.DATABASE}")
    took = {}
    for engine in engines.ENGINES:
        with show.stage(f"The same script on {engine}"):
            job = engines.run(engine)
            show.say(_line(job))
            if not _ended_well(job):
                return False
            took[engine] = pipeline.seconds(job)
    with show.stage("Both tables, row by row"):
        answer = engines.compared(port)
        show.table(answer)
        verdict = "equal" if engines.equal(answer) else "not equal"
        times = ", ".join(f"{engine} {seconds:.0f} s" for engine, seconds in took.items())
        show.say(f"{verdict}; from the start of the run to its end: {times}")
    return engines.equal(answer)


def _ended_well(manifest: dict[str, Any]) -> bool:
    return bool(manifest["status"]["state"] == "Succeeded")


def _line(manifest: dict[str, Any]) -> str:
    status = manifest["status"]
    name = f"{manifest['kind']} {manifest['metadata']['name']}"
    return f"{name}: {status['state']} ({status['reason']}) {status.get('message', '')}"


if __name__ == "__main__":
    sys.exit(main())
