"""List a prefix with several LIST requests at a time.

The keys are parted into ranges, each listed page by page; a range that goes on is parted again at one of the
folders that lie ahead as soon as a lister is idle. That costs one request with a delimiter for each part, so
that the sum stays near one request for a thousand objects, whatever the folders look like.
"""

import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace

from emberlake.crawler.listing.store import ObjectStore, Page, StoredObject

LISTERS = 8
PAGES_AHEAD = 16
PAGES_BETWEEN_PARTS = 4
MAX_DEPTH = 16


@dataclass(frozen=True)
class _Range:
    """Keys behind `after`, up to and with `last` (empty: to the end); all of them lie in the folder
    `scope`.
    """

    scope: str
    after: str
    last: str = ""


class _Walk:
    """The state that the listers of one prefix share."""

    def __init__(self, store: ObjectStore, bucket: str, prefix: str, listers: int) -> None:
        self.store, self.bucket, self.prefix, self.listers = store, bucket, prefix, listers
        self.pages: queue.Queue[list[StoredObject] | BaseException | None] = queue.Queue(PAGES_AHEAD)
        self.ranges: queue.SimpleQueue[_Range | None] = queue.SimpleQueue()
        self.stopped = threading.Event()
        self._lock = threading.Lock()
        self._open = 0

    @property
    def hungry(self) -> bool:
        """Whether a lister has nothing to do."""
        return self._open < self.listers

    def give(self, part: _Range) -> None:
        """A range to be listed by whoever is free."""
        with self._lock:
            self._open += 1
        self.ranges.put(part)

    def done(self) -> None:
        """A range was listed to its end; with the last one the walk ends."""
        with self._lock:
            self._open -= 1
            ended = not self._open
        if ended:
            self._emit(None)

    def list_ranges(self) -> None:
        """What each lister does until the walk ends."""
        while (part := self.ranges.get()) is not None and not self.stopped.is_set():
            try:
                self._list_range(part)
            except BaseException as error:  # noqa: BLE001  # raised again where the pages are read
                self._emit(error)
                return
            self.done()

    def _list_range(self, part: _Range) -> None:
        since_parted = 0
        while not self.stopped.is_set():
            page = self.store.list_page(self.bucket, self.prefix, part.after)
            self._emit(_up_to(page, part.last))
            if not page.more or (part.last and page.objects[-1].key >= part.last):
                return
            part = replace(part, after=page.objects[-1].key)
            since_parted += 1
            if self.hungry and since_parted > PAGES_BETWEEN_PARTS:
                part, since_parted = self._parted(part), 0

    def _parted(self, part: _Range) -> _Range:
        """The first half of what is ahead in `part`, the second given away; `part` itself if there is no
        folder to part at.
        """
        scope = part.scope
        for _ in range(MAX_DEPTH):
            ahead = [
                name
                for name in self._folders(scope, part.after)
                if part.after < name < (part.last or "\U0010ffff")
            ]
            if ahead:
                # without its slash: keys between `a` and `a/` go with the folder `a/`
                middle = ahead[len(ahead) // 2].rstrip("/")
                if part.after < middle:
                    self.give(_Range(scope, middle, part.last))
                    return replace(part, scope=scope, last=middle)
            below, slash, _ = part.after[len(scope) :].partition("/")
            if not slash:
                break
            scope = f"{scope}{below}/"
        return replace(part, scope=scope)

    def _folders(self, scope: str, after: str) -> list[str]:
        return self.store.list_page(self.bucket, scope, after, delimiter="/").prefixes

    def _emit(self, item: list[StoredObject] | BaseException | None) -> None:
        """Hand over to the reader; waits while it is behind, gives up when it is gone."""
        while not self.stopped.is_set():
            try:
                self.pages.put(item, timeout=0.5)
            except queue.Full:
                continue
            return


def _up_to(page: Page, last: str) -> list[StoredObject]:
    if not last or not page.objects or page.objects[-1].key <= last:
        return page.objects
    return [item for item in page.objects if item.key <= last]


def walk(
    store: ObjectStore, bucket: str, prefix: str, listers: int = LISTERS
) -> Iterator[list[StoredObject]]:
    """All objects whose key starts with `prefix`, page by page: in order within a page, pages in any order.

    At most `PAGES_AHEAD` pages wait in memory. Raises what the store raises.
    """
    first = store.list_page(bucket, prefix)
    yield first.objects
    if not first.more:
        return
    state = _Walk(store, bucket, prefix, listers)
    state.give(_Range(prefix, first.objects[-1].key))
    threads = [threading.Thread(target=state.list_ranges, daemon=True) for _ in range(listers)]
    for thread in threads:
        thread.start()
    try:
        while (page := state.pages.get()) is not None:
            if isinstance(page, BaseException):
                raise page
            yield page
    finally:
        state.stopped.set()
        for _ in threads:
            state.ranges.put(None)
        for thread in threads:
            thread.join()
