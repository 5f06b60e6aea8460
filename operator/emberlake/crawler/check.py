"""`python -m emberlake.crawler.check`: can the buckets of a Catalog be reached, read and written?"""

import sys
import uuid
from collections.abc import Sequence

from emberlake.clients.s3 import S3Store, make_client
from emberlake.crawler.config import CatalogSettings, Location, load, parse_catalog
from emberlake.crawler.main import arguments, guarded, leave
from emberlake.crawler.progress import Progress
from emberlake.crawler.summary import Summary

EVENT_LOGS = "event-logs/"


def check(catalog: CatalogSettings, store: S3Store) -> Summary:
    """Look at both buckets, make the marker objects, write and delete one object under `system`.

    Event logs need their folder before the first job. Raises Problem or RetryableError with what went wrong.
    """
    for bucket in {catalog.warehouse.bucket, catalog.system.bucket}:
        store.head_bucket(bucket)
    _ensure_marker(store, catalog.system, f"{catalog.system.prefix}{EVENT_LOGS}")
    _ensure_marker(store, catalog.warehouse, catalog.warehouse.prefix)
    probe = f"{catalog.system.prefix}checks/{uuid.uuid4().hex}"
    store.put(catalog.system.bucket, probe, b"")
    store.delete(catalog.system.bucket, probe)
    places = f"{catalog.warehouse.uri()} and {catalog.system.uri()}"
    return Summary("Succeeded", "", "CheckPassed", f"{places} can be read and written")


def _ensure_marker(store: S3Store, location: Location, key: str) -> None:
    if key and not store.exists(location.bucket, key):
        store.put(location.bucket, key, b"")


def main(argv: Sequence[str] | None = None) -> int:
    """Check one Catalog; returns the exit code of the pod."""
    options = arguments("Check the object store of a Catalog.", "/etc/emberlake/check.json", argv)

    def run() -> Summary:
        catalog = parse_catalog(load(options.config)["catalog"])
        return check(catalog, S3Store(make_client(catalog.s3, attempts=3, timeout_seconds=10.0)))

    summary = guarded(run)
    document = {"outcome": summary.outcome, "reason": summary.reason, "message": summary.message[:2000]}
    leave(document, options.termination_log)
    Progress().say("Finished", summary.message, **{k: v for k, v in document.items() if k != "message"})
    return summary.exit_code


if __name__ == "__main__":
    sys.exit(main())
