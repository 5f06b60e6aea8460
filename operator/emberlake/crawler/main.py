"""Entry of the crawl pod: read the configuration, run, leave the summary as termination message."""

import argparse
import json
import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from emberlake.clients.metastore import TRANSPORT_ERRORS
from emberlake.clients.metastore_tables import MetastoreErrors
from emberlake.clients.retry import Backoff
from emberlake.clients.s3 import S3Store, make_client
from emberlake.crawler.config import CrawlConfig, load, parse_crawl
from emberlake.crawler.entry.journal import Journal, JournaledTables
from emberlake.crawler.entry.policy import Writer
from emberlake.crawler.entry.rollback import Rollback
from emberlake.crawler.failure import Problem, RetryableError
from emberlake.crawler.progress import Progress
from emberlake.crawler.run import Run
from emberlake.crawler.summary import Summary

TERMINATION_LOG = Path("/dev/termination-log")


def arguments(description: str, config: str, argv: Sequence[str] | None) -> argparse.Namespace:
    """Command line of a program that reads a configuration file and leaves a termination message."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--config", type=Path, default=Path(config), help="configuration file (JSON)")
    parser.add_argument(
        "--termination-log", type=Path, default=TERMINATION_LOG, help="where the summary goes"
    )
    return parser.parse_args(argv)


def guarded(call: Callable[[], Summary]) -> Summary:
    """The summary of `call`, or of the error that ended it."""
    try:
        return call()
    except Problem as problem:
        return Summary("Failed", "User", problem.reason, str(problem), problems=(problem,))
    except RetryableError as error:
        return Summary("Failed", "Infrastructure", error.reason, error.message)
    except TRANSPORT_ERRORS as error:
        return Summary(
            "Failed", "Infrastructure", "MetastoreUnreachable", f"the metastore does not answer: {error}"
        )
    except MetastoreErrors as error:
        return Summary("Failed", "Infrastructure", "MetastoreFailed", f"the metastore failed: {error}")


def leave(summary: dict[str, Any], path: Path) -> None:
    """Write the termination message, where there is a place for one."""
    if path.parent.is_dir():
        path.write_text(json.dumps(summary), encoding="utf-8")


def writer(config: CrawlConfig) -> Writer:
    """Who writes, from now on."""
    now = datetime.now(UTC)
    time = now.isoformat(timespec="seconds").replace("+00:00", "Z")
    return Writer(config.run_id, time, int(now.timestamp() * 1000))


def main(argv: Sequence[str] | None = None) -> int:
    """Run one crawl; returns the exit code of the pod."""
    options = arguments(
        "Find tables in S3 and write them to the metastore.", "/etc/emberlake/crawl.json", argv
    )
    logging.basicConfig(level=logging.WARNING)
    logging.getLogger("thrift").setLevel(logging.CRITICAL)  # each failed try is told as progress
    progress = Progress()

    def crawl() -> Summary:
        config = parse_crawl(load(options.config))
        store = S3Store(
            make_client(config.catalog.s3),
            Backoff(),
            told=lambda error: progress.say("Retrying", f"S3 does not answer, trying again: {error}"),
        )
        metastore = JournaledTables(
            config.catalog.metastore_uris,
            told=lambda error: progress.say(
                "Retrying", f"the metastore does not answer, trying again: {error}"
            ),
        )
        metastore.journal = Journal(store, config)
        program = Run if config.rollback_to is None else Rollback
        try:
            return program(config, store, metastore, writer(config), progress).execute()
        finally:
            metastore.close()

    summary = guarded(crawl)
    document = summary.document()
    leave(document, options.termination_log)
    progress.say("Finished", summary.message, **{k: v for k, v in document.items() if k != "message"})
    return summary.exit_code
