"""Lines of text objects with bounded memory: UTF-8 only, gzip by suffix and content."""

import gzip
import io
import zlib
from collections.abc import Iterator
from typing import Any, cast

from emberlake.crawler.failure import Problem
from emberlake.crawler.store import CHUNK_BYTES, ObjectReader, ObjectStore, StoredObject

MAX_LINE_CHARS = 8 * 1024 * 1024
GZIP_MAGIC = b"\x1f\x8b"
_BOM = "\ufeff"


class TextSource:
    """One text object: its lines (terminators kept), from the start or from a byte position."""

    def __init__(self, store: ObjectStore, bucket: str, item: StoredObject) -> None:
        self.store, self.bucket, self.item = store, bucket, item
        self.uri = f"s3://{bucket}/{item.key}"
        self.gzipped = item.key.endswith(".gz")

    def head(self, size: int) -> bytes:
        """The first bytes of the content, decompressed; raises Problem when the name and the content
        disagree.
        """
        raw = self.store.get_range(self.bucket, self.item.key, 0, min(size, self.item.size))
        compressed = raw.startswith(GZIP_MAGIC)
        if compressed != self.gzipped:
            said, found = ("gzip", "not gzip") if self.gzipped else ("no gzip", "gzip")
            raise Problem(
                self.uri,
                "NotWhatNameSays",
                f"the name says {said} but the content is {found}; engines go by the name, so rename the "
                "object",
            )
        return self._inflate(raw, size) if compressed else raw

    def _inflate(self, raw: bytes, size: int) -> bytes:
        try:
            return zlib.decompressobj(wbits=31).decompress(raw, size)
        except zlib.error as error:
            raise Problem(
                self.uri, "NotReadable", f"the gzip content is damaged: {error}; write it again"
            ) from error

    def lines(self, start: int = 0, limit: int | None = None) -> Iterator[str]:
        """Lines from byte `start` on (its first, cut line left out when start > 0), about `limit` bytes of
        them.

        A mark of byte order is dropped from the first line. Raises Problem for text that is not UTF-8,
        damaged gzip and lines longer than `MAX_LINE_CHARS`.
        """
        raw = io.BufferedReader(ObjectReader(self.store, self.bucket, self.item, start), CHUNK_BYTES)
        binary = cast("io.BufferedReader", gzip.GzipFile(fileobj=raw)) if self.gzipped else raw
        text = io.TextIOWrapper(binary, encoding="utf-8", errors="strict", newline="")
        seen = 0
        try:
            if start:
                self._skip_cut_line(binary)
            while line := text.readline(MAX_LINE_CHARS):
                if len(line) >= MAX_LINE_CHARS:
                    raise Problem(
                        self.uri, "LineTooLong", f"a line is longer than {MAX_LINE_CHARS} characters"
                    )
                yield line.removeprefix(_BOM) if not seen and not start else line
                seen += len(line)
                if limit is not None and seen >= limit:
                    return
        except UnicodeDecodeError as error:
            raise Problem(
                self.uri,
                "NotUtf8",
                f"the text is not UTF-8 ({error.reason}); Trino reads only UTF-8, convert the file",
            ) from error
        except (OSError, EOFError, zlib.error) as error:
            raise Problem(
                self.uri, "NotReadable", f"the gzip content is damaged: {error}; write it again"
            ) from error

    @staticmethod
    def _skip_cut_line(binary: "io.BufferedReader[Any]") -> None:
        while (piece := binary.readline(MAX_LINE_CHARS)) and not piece.endswith(b"\n"):
            continue
