"""Compressions in a Parquet footer, from its Thrift: Arrow ends the process for one that it does not know."""

import struct
from collections.abc import Callable, Mapping

from thrift.protocol.TCompactProtocol import TCompactProtocol
from thrift.Thrift import TException, TType
from thrift.transport.TTransport import TMemoryBuffer

# parquet.thrift: FileMetaData.row_groups, RowGroup.columns, ColumnChunk.meta_data, ColumnMetaData.codec
_ROW_GROUPS, _COLUMNS, _META_DATA, _CODEC = 4, 1, 3, 4
_NAMES = ("uncompressed", "snappy", "gzip", "lzo", "brotli", "lz4", "zstd", "lz4_raw")
_DAMAGED = (
    TException, EOFError, ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError,
    OverflowError, struct.error,
)  # fmt: skip


class _Protocol(TCompactProtocol):  # type: ignore[misc]  # the library has no types
    """Passes over texts as bytes: statistics are texts by type that are none."""

    def readString(self) -> bytes:  # noqa: N802  # the name that the library calls
        """The bytes of a text."""
        return bytes(self.readBinary())


def codecs(footer: bytes) -> set[str]:
    """Compressions of the columns in the first row group, which stands for the file.

    Raises ValueError for a damaged footer or a compression that does not exist.
    """
    protocol = _Protocol(TMemoryBuffer(footer))
    found: set[int] = set()
    chunk = {_META_DATA: lambda: _walk(protocol, {_CODEC: lambda: found.add(protocol.readI32())})}
    group = {_COLUMNS: lambda: _items(protocol, lambda: _walk(protocol, chunk))}
    try:
        _walk(protocol, {_ROW_GROUPS: lambda: _items(protocol, lambda: _walk(protocol, group), most=1)})
        return {_NAMES[number] for number in found if number >= 0 or _refuse(number)}
    except _DAMAGED as error:
        raise ValueError(f"its compressions cannot be read: {error!r}") from error


def _refuse(number: int) -> bool:
    raise ValueError(f"there is no compression {number}")


def _walk(protocol: TCompactProtocol, wanted: Mapping[int, Callable[[], object]]) -> None:
    """Read one struct: the fields in `wanted` by their readers, others are passed over."""
    protocol.readStructBegin()
    while True:
        _, kind, number = protocol.readFieldBegin()
        if kind == TType.STOP:
            break
        if number in wanted:
            wanted[number]()
        else:
            protocol.skip(kind)
        protocol.readFieldEnd()
    protocol.readStructEnd()


def _items(protocol: TCompactProtocol, read: Callable[[], None], most: int | None = None) -> None:
    """Read the structs of a list, `most` of them by `read`, the others are passed over."""
    kind, size = protocol.readListBegin()
    for number in range(size):
        if most is None or number < most:
            read()
        else:
            protocol.skip(kind)
    protocol.readListEnd()
