"""Zip files with one file in them; their members are read as streams, never beyond the size they state."""

import io
import zipfile
from typing import BinaryIO, cast

from emberlake.crawler.failure import Problem

MAX_MEMBERS = 10_000
# what the library holds in memory while it lists them
MAX_DIRECTORY = 2 * 1024 * 1024
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1


class _Stored:
    """An archive whose list of files is read only where it is not too large."""

    def __init__(self, uri: str, raw: BinaryIO) -> None:
        self.seek, self.tell, self.seekable = raw.seek, raw.tell, raw.seekable
        self._uri, self._read = uri, raw.read

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes. Raises Problem for more than the list may have."""
        if size > MAX_DIRECTORY:
            raise Problem(
                self._uri,
                "NotReadable",
                f"the list of files in the zip file has {size} bytes; at most {MAX_DIRECTORY} are read",
            )
        return self._read(size)


def members(uri: str, raw: BinaryIO) -> tuple[zipfile.ZipFile, list[zipfile.ZipInfo]]:
    """The archive and its files, folders and what systems add left out. Raises Problem for a damaged one."""
    try:
        archive = zipfile.ZipFile(cast("BinaryIO", _Stored(uri, raw)))
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise Problem(uri, "NotReadable", f"the zip file is damaged: {error}; write it again") from error
    infos = [
        info
        for info in archive.infolist()
        if not info.is_dir() and not info.filename.startswith(("__MACOSX/", "."))
    ]
    if len(infos) > MAX_MEMBERS:
        raise Problem(uri, "NotReadable", f"the zip file lists {len(infos)} files; at most {MAX_MEMBERS}")
    return archive, infos


def only_member(uri: str, raw: BinaryIO) -> io.RawIOBase:
    """The one file of the archive. Raises Problem when it holds another number, or cannot be read."""
    archive, infos = members(uri, raw)
    if len(infos) != 1:
        raise Problem(
            uri, "SeveralFilesInZip", f"the zip file holds {len(infos)} files; pack one file into each"
        )
    return cast("io.RawIOBase", member(uri, archive, infos[0]))


def member(uri: str, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> "zipfile.ZipExtFile":
    """One file of an archive as a stream. Raises Problem for encryption and methods that are not bounded."""
    if info.flag_bits & _ENCRYPTED:
        raise Problem(uri, "NotReadable", f"{info.filename!r} in the zip file is encrypted")
    if info.compress_type not in _METHODS:
        raise Problem(
            uri,
            "NotReadable",
            f"{info.filename!r} is packed with method {info.compress_type}; pack it with deflate",
        )
    try:
        return cast("zipfile.ZipExtFile", archive.open(info))
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise Problem(uri, "NotReadable", f"the zip file is damaged: {error}; write it again") from error
