"""An object store in memory that answers as S3 does, a thousand keys a page."""

import hashlib
from bisect import bisect_right
from collections.abc import Mapping

from emberlake.crawler.failure import Problem
from emberlake.crawler.listing.store import Page, StoredObject

PAGE = 1_000


class LayoutStore:
    """Objects by key; counts requests."""

    def __init__(self, objects: Mapping[str, bytes]) -> None:
        self.objects = dict(objects)
        self._keys = sorted(objects)
        self._etags = {body: hashlib.sha256(body).hexdigest()[:32] for body in objects.values()}
        self.lists = self.gets = 0

    def list_page(self, bucket: str, prefix: str, after: str = "", delimiter: str = "") -> Page:
        """One LIST."""
        self.lists += 1
        page, folders = list[StoredObject](), list[str]()
        at = bisect_right(self._keys, max(after, prefix[:-1]))
        while at < len(self._keys) and self._keys[at].startswith(prefix):
            key = self._keys[at]
            if len(page) + len(folders) == PAGE:
                return Page(page, folders, more=True)
            if delimiter and delimiter in key[len(prefix) :]:
                folders.append(prefix + key[len(prefix) :].partition(delimiter)[0] + delimiter)
                at = bisect_right(self._keys, folders[-1] + "\U0010ffff")
                continue
            page.append(StoredObject(key, len(self.objects[key]), self._etags[self.objects[key]]))
            at += 1
        return Page(page, folders, more=False)

    def get_range(self, bucket: str, key: str, start: int, length: int) -> bytes:
        """One GET."""
        if key not in self.objects:
            raise Problem(f"s3://{bucket}/{key}", "ObjectGone", "it is not there")
        self.gets += key.startswith("raw/")
        return self.objects[key][start : start + length]

    def put(self, bucket: str, key: str, body: bytes) -> None:
        """One PUT, of the crawler's own state."""
        self.objects[key] = body
