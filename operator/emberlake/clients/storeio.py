"""Files of an Iceberg table in a Catalog's object store: one client, one set of credentials.

Arrow's S3 writes even small files in parts, which not every store completes.
"""

import io
from typing import Any

from pyiceberg.io import FileIO, InputFile, OutputFile
from pyiceberg.typedef import EMPTY_DICT, Properties

from emberlake.clients.s3 import S3Store, make_client
from emberlake.crawler.config import Location, S3Settings

ENDPOINT, REGION, PATH_STYLE = "emberlake.s3.endpoint", "emberlake.s3.region", "emberlake.s3.path-style"


class StoredFile(InputFile, OutputFile):
    """One object, read and written whole: metadata, or the rows of one batch."""

    def __init__(self, store: S3Store, location: str) -> None:
        super().__init__(location)
        at = Location.parse(location)
        self._store, self._bucket, self._key = store, at.bucket, at.prefix.rstrip("/")

    def __len__(self) -> int:
        """Size in bytes. Raises FileNotFoundError when there is none."""
        for item in self._store.list_page(self._bucket, self._key).objects:
            if item.key == self._key:
                return item.size
        raise FileNotFoundError(self.location)

    def exists(self) -> bool:
        """Whether the object is there."""
        try:
            return len(self) >= 0
        except FileNotFoundError:
            return False

    def open(self, seekable: bool = True) -> Any:
        """Its content."""
        return io.BytesIO(self._store.get_range(self._bucket, self._key, 0, len(self)))

    def create(self, overwrite: bool = False) -> Any:
        """A stream that is stored when it is closed. Raises FileExistsError."""
        if not overwrite and self.exists():
            raise FileExistsError(self.location)
        return _Written(self._store, self._bucket, self._key)

    def to_input_file(self) -> InputFile:
        """Itself."""
        return self


class _Written(io.BytesIO):
    """Stored on close; dropped where the block that writes it fails."""

    def __init__(self, store: S3Store, bucket: str, key: str) -> None:
        super().__init__()
        self._store, self._bucket, self._key = store, bucket, key

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if error is None:
            self.close()
        super().close()

    def close(self) -> None:
        """Store it, once."""
        if not self.closed:
            self._store.put(self._bucket, self._key, self.getvalue())
        super().close()


class StoreIO(FileIO):
    """What PyIceberg reads and writes with."""

    def __init__(self, properties: Properties = EMPTY_DICT) -> None:
        super().__init__(properties)
        endpoint, region = properties.get(ENDPOINT), properties[REGION]
        settings = S3Settings(endpoint or None, region, properties[PATH_STYLE] == str(True))
        self._store = S3Store(make_client(settings))

    def new_input(self, location: str) -> InputFile:
        """An object to read."""
        return StoredFile(self._store, location)

    def new_output(self, location: str) -> OutputFile:
        """An object to write."""
        return StoredFile(self._store, location)

    def delete(self, location: str | InputFile | OutputFile) -> None:
        """Remove an object."""
        at = Location.parse(location if isinstance(location, str) else location.location)
        self._store.delete(at.bucket, at.prefix.rstrip("/"))
