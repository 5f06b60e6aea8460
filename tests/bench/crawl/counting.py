"""A store that counts the requests that go through it."""

import threading

from emberlake.crawler.listing.store import ObjectStore, Page


class CountingStore:
    """Over another store: `lists` and `gets` under `prefix`, and the bytes of the latter."""

    def __init__(self, store: ObjectStore, prefix: str) -> None:
        self._store, self._prefix = store, prefix
        self._lock = threading.Lock()
        self.lists = self.gets = self.bytes = 0

    def list_page(self, bucket: str, prefix: str, after: str = "", delimiter: str = "") -> Page:
        """One LIST."""
        with self._lock:
            self.lists += 1
        return self._store.list_page(bucket, prefix, after, delimiter)

    def get_range(self, bucket: str, key: str, start: int, length: int) -> bytes:
        """One GET."""
        body = self._store.get_range(bucket, key, start, length)
        if key.startswith(self._prefix):
            with self._lock:
                self.gets, self.bytes = self.gets + 1, self.bytes + len(body)
        return body

    def put(self, bucket: str, key: str, body: bytes) -> None:
        """One PUT, not counted."""
        self._store.put(bucket, key, body)
