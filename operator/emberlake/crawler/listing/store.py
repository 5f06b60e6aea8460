"""What the crawler needs of an object store, and a seekable reader over it."""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

CHUNK_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One object of a listing: `key` without the bucket, `size` in bytes."""

    key: str
    size: int
    etag: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """One answer to a LIST request: objects, common prefixes (with a delimiter only), whether more follow."""

    objects: list[StoredObject]
    prefixes: list[str]
    more: bool


class ObjectStore(Protocol):
    """Reads objects of one endpoint; errors are `Problem` (does not get better) or `RetryableError`."""

    def list_page(self, bucket: str, prefix: str, after: str = "", delimiter: str = "") -> Page:
        """One LIST request: keys with `prefix` behind `after`, in their order; those with `delimiter` behind
        the prefix rolled up.
        """
        ...

    def get_range(self, bucket: str, key: str, start: int, length: int) -> bytes:
        """At most `length` bytes from `start` on."""
        ...

    def put(self, bucket: str, key: str, body: bytes) -> None:
        """Store one small object."""
        ...


class SmallObjects:
    """A store over another one that reads objects of up to `largest` bytes once and keeps up to `keep`
    bytes of them.

    Deciding a table looks at a file up to three times: for its format, its dialect, and all of its rows.
    """

    def __init__(self, store: ObjectStore, sizes: Mapping[str, int], largest: int, keep: int) -> None:
        self._store, self._sizes, self._largest, self._keep = store, sizes, largest, keep
        self._bodies: dict[str, bytes] = {}

    def list_page(self, bucket: str, prefix: str, after: str = "", delimiter: str = "") -> Page:
        """As the store below."""
        return self._store.list_page(bucket, prefix, after, delimiter)

    def get_range(self, bucket: str, key: str, start: int, length: int) -> bytes:
        """As the store below, small objects from memory."""
        size = self._sizes.get(key, self._largest + 1)
        if size > self._largest:
            return self._store.get_range(bucket, key, start, length)
        body = self._bodies.get(key)
        if body is None:
            body = self._store.get_range(bucket, key, 0, size)
            if self._keep >= len(body):
                self._keep -= len(body)
                self._bodies[key] = body
        return body[start : start + length]

    def put(self, bucket: str, key: str, body: bytes) -> None:
        """As the store below."""
        self._store.put(bucket, key, body)


class Remembered:
    """A store over another one that keeps what is read while `recording`, up to `keep` bytes, until it is
    asked for again.

    Grouping looks at files that are decided later, by the same requests.
    """

    def __init__(self, store: ObjectStore, keep: int) -> None:
        self._store, self._keep = store, keep
        self._ranges: dict[tuple[str, str, int, int], bytes] = {}
        self.recording = False

    def list_page(self, bucket: str, prefix: str, after: str = "", delimiter: str = "") -> Page:
        """As the store below."""
        return self._store.list_page(bucket, prefix, after, delimiter)

    def get_range(self, bucket: str, key: str, start: int, length: int) -> bytes:
        """As the store below, or from memory."""
        asked = (bucket, key, start, length)
        body = self._ranges.get(asked) if self.recording else self._ranges.pop(asked, None)
        if body is None:
            body = self._store.get_range(bucket, key, start, length)
            if self.recording and len(body) <= self._keep:
                self._keep -= len(body)
                self._ranges[asked] = body
        return body

    def put(self, bucket: str, key: str, body: bytes) -> None:
        """As the store below."""
        self._store.put(bucket, key, body)


class ObjectReader(io.RawIOBase):
    """An object as a seekable binary stream, read by ranges of `chunk` bytes: bounded memory, each range
    retried alone.
    """

    def __init__(
        self,
        store: ObjectStore,
        bucket: str,
        item: StoredObject,
        start: int = 0,
        chunk: int = CHUNK_BYTES,
    ) -> None:
        super().__init__()
        self._store, self._bucket, self._item, self._size = store, bucket, item, chunk
        self._position = start
        self._chunk, self._chunk_start = b"", start

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def tell(self) -> int:
        """The position of the next byte."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to `offset`; nothing is fetched."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._item.size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Fill `buffer` as far as the current range goes; 0 at the end of the object."""
        view = memoryview(buffer).cast("B")
        if self._position >= self._item.size:
            return 0
        offset = self._position - self._chunk_start
        if not 0 <= offset < len(self._chunk):
            self._chunk = self._store.get_range(self._bucket, self._item.key, self._position, self._size)
            self._chunk_start, offset = self._position, 0
        piece = self._chunk[offset : offset + len(view)]
        view[: len(piece)] = piece
        self._position += len(piece)
        return len(piece)
