"""The reading half of a run: list the targets, group their folders, decide each table."""

import logging
from dataclasses import dataclass, field

from emberlake.crawler.config import CrawlConfig, Target
from emberlake.crawler.decide.cache import Cache
from emberlake.crawler.decide.combine import scale
from emberlake.crawler.decide.decide import decide
from emberlake.crawler.decide.decision import Decision, Skipped
from emberlake.crawler.decide.delta import decide_delta
from emberlake.crawler.decide.iceberg import decide_iceberg
from emberlake.crawler.failure import Problem, RetryableError
from emberlake.crawler.grouping.layout import Candidate, Layout, group
from emberlake.crawler.grouping.look import look
from emberlake.crawler.grouping.sampling import folders_to_sample
from emberlake.crawler.grouping.tree import build
from emberlake.crawler.listing.globs import excluder
from emberlake.crawler.listing.listing import Listing, list_target
from emberlake.crawler.listing.store import ObjectStore, Remembered
from emberlake.crawler.progress import Progress

LOG = logging.getLogger(__name__)
MAX_UNREACHABLE = 5
MAX_REMEMBERED = 32 * 1024 * 1024
LAKEHOUSES = {"Delta": decide_delta, "Iceberg": decide_iceberg}
LAKEHOUSE_LOGS = {"Delta": "_delta_log/0.json", "Iceberg": "metadata/0.metadata.json"}


@dataclass
class Found:
    """What the reading half of a run found.

    `problems` stay until somebody mends them, `target_problems` of them concern whole targets;
    `unreachable` are tables that could not be read now. `too_many` has the paths of all tables if they are
    more than are allowed: then none is decided.
    """

    listings: list[Listing] = field(default_factory=list)
    decisions: list[tuple[Decision, Target]] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    target_problems: int = 0
    unreachable: list[Problem] = field(default_factory=list)
    too_many: list[str] = field(default_factory=list)


class Finder:
    """Finds the tables of a crawl; a problem ends its folder or target, not the run."""

    def __init__(self, config: CrawlConfig, store: ObjectStore, progress: Progress) -> None:
        self._config, self._progress = config, progress
        self._store = Remembered(store, MAX_REMEMBERED)
        self._cache = Cache(config, store, progress)
        self.found = Found()

    def find(self) -> Found:
        """Raises RetryableError when the store cannot be reached at all."""
        found = self.found
        for target in self._config.targets:
            try:
                found.listings.append(self._list(target))
            except Problem as problem:
                self._tell(problem)
        found.target_problems = len(found.problems)
        self._cache.load()
        chosen = self._group()
        if self._too_many(chosen):
            return found
        self._progress.say("Grouped", f"{len(chosen)} folders to decide", tables=len(chosen))
        for candidate, target in chosen:
            self._decide(candidate, target)
        for listing in found.listings:
            self._register(listing)
        self._cache.save()
        return found

    def _list(self, target: Target) -> Listing:
        uri = target.location.uri()
        listing = list_target(
            self._store,
            target,
            self._config.catalog.system,
            lambda number: self._progress.say("Listing", f"{number} objects under {uri}", objects=number),
        )
        self._progress.say("Listed", f"{len(listing.data)} files under {uri}", files=len(listing.data))
        return listing

    def _group(self) -> list[tuple[Candidate, Target]]:
        """The candidates of all targets, each folder once."""
        chosen: dict[str, tuple[Candidate, Target]] = {}
        for listing in self.found.listings:
            layout = self._layout(listing)
            for problem in layout.problems:
                self._tell(problem)
            for candidate in layout.candidates:
                chosen.setdefault(candidate.uri, (candidate, listing.target))
        return list(chosen.values())

    def _layout(self, listing: Listing) -> Layout:
        """Group one listing by its folders and by a look at a file of each."""
        if not listing.folders:
            return Layout()
        location = listing.target.location
        items = folders_to_sample(build(location.prefix, listing.folders))
        self._store.recording = True
        shapes = look(
            self._store,
            location.bucket,
            items,
            self._cache.shapes(items),
            lambda number: self._progress.say("Looking", f"{number} of {len(items)} folders", sampled=number),
            self._config.classifiers,
        )
        self._store.recording = False
        self._cache.keep_shapes(items, shapes)
        return group(listing, shapes, self._config.grouping)

    def _too_many(self, chosen: list[tuple[Candidate, Target]]) -> bool:
        """Whether there are more tables than allowed; folders of files without a format do not count."""
        most = self._config.grouping.max_tables
        tables = [candidate.uri for candidate, _ in chosen if not candidate.unknown]
        if len(tables) <= most:
            return False
        self.found.too_many = tables
        self._tell(
            Problem(
                tables[0],
                "TooManyTables",
                f"{len(tables)} tables were found but grouping.maxTables is {most}, so none was written; the "
                "report lists them all: exclude folders, group them by tableLevel, or allow more",
            )
        )
        return True

    def _decide(self, candidate: Candidate, target: Target) -> None:
        try:
            decided = self._cache.decide(candidate, self._fresh)
        except Problem as problem:
            self._tell(problem)
            return
        except RetryableError as error:
            self._put_off(candidate, error)
            return
        except Exception as error:  # noqa: BLE001  # what one folder does to the crawler is not to cost the others
            self._tell(_defect(candidate.uri, error))
            return
        if isinstance(decided, Skipped):
            self.found.skipped.append(decided)
            self._progress.say("Skipped", f"{decided.uri} looks like {decided.looks_like}")
            return
        self.found.decisions.append((decided, target))
        self._progress.say(
            "Decided",
            f"{candidate.uri} is {decided.format} with {decided.records} rows",
            records=decided.records,
        )

    def _register(self, listing: Listing) -> None:
        """Decide the lakehouse tables of one listing, but those that the Catalog's engines keep."""
        target, bucket = listing.target, listing.target.location.bucket
        excluded = excluder(target.exclude)
        known = {decision.candidate.uri for decision, _ in self.found.decisions}
        for folder, kind in sorted(listing.lakehouse.items()):
            own = self._config.catalog.warehouse.contains(bucket, folder)
            kept_out = excluded(folder[len(target.location.prefix) :] + LAKEHOUSE_LOGS[kind])
            if own or kept_out or f"s3://{bucket}/{folder}".rstrip("/") in known:
                continue
            try:
                decided = LAKEHOUSES[kind](self._store, bucket, folder)
            except Problem as problem:
                self._tell(problem)
                continue
            except RetryableError:
                raise
            except Exception as error:  # noqa: BLE001  # as of a folder
                self._tell(_defect(f"s3://{bucket}/{folder}", error))
                continue
            self.found.decisions.append((decided, target))
            self._progress.say(
                "Decided", f"{decided.candidate.uri} is a {kind} table", records=decided.records
            )

    def _fresh(self, candidate: Candidate) -> Decision | Skipped:
        sampled = candidate.sampled()
        decided = decide(self._store, sampled, self._config.scan_bytes, self._config.classifiers)
        return (
            scale(decided, candidate)
            if isinstance(decided, Decision) and sampled is not candidate
            else decided
        )

    def _put_off(self, candidate: Candidate, error: RetryableError) -> None:
        """A table that cannot be read now does not keep the others from being written; many of them end the
        run.
        """
        self.found.unreachable.append(Problem(candidate.uri, error.reason, error.message))
        self._progress.say(error.reason, f"{candidate.uri}: {error.message}")
        if len(self.found.unreachable) >= MAX_UNREACHABLE:
            raise error

    def _tell(self, problem: Problem) -> None:
        self.found.problems.append(problem)
        self._progress.say(problem.reason, str(problem))


def _defect(uri: str, error: Exception) -> Problem:
    """The finding for files that the crawler itself cannot cope with."""
    LOG.error("a defect of the crawler at %s", uri, exc_info=error)
    return Problem(
        uri,
        "CrawlerDefect",
        f"the crawler failed at these files: {error!r}; exclude them, and report it with the pod's log",
    )
