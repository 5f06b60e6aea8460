"""A Parquet footer as Thrift: the compressions in it, and what of it Arrow should see.

Arrow ends the process for a compression that it does not know, and holds row groups in a dozen times their
bytes.
"""

import struct
from collections.abc import Callable, Mapping

from thrift.protocol.TCompactProtocol import TCompactProtocol
from thrift.Thrift import TException, TType
from thrift.transport.TTransport import TMemoryBuffer

# bytes of a footer beside its row groups, and elements of its schema, of some hundred bytes each in Arrow
MAX_REST, MAX_ELEMENTS = 16 * 1024 * 1024, 100_000
# parquet.thrift: FileMetaData.schema and row_groups, RowGroup.columns, ColumnChunk.meta_data,
# ColumnMetaData.codec
_SCHEMA, _ROW_GROUPS, _COLUMNS, _META_DATA, _CODEC = 2, 4, 1, 3, 4
_NO_STRUCTS = b"\x0c"
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


def looked_at(footer: bytes) -> tuple[set[str], bytes]:
    """Compressions of the columns in the first row group, which stands for the file; and the footer without
    row groups.

    Raises ValueError for a damaged footer, a compression that does not exist, and more than Arrow may hold.
    """
    buffer = TMemoryBuffer(footer)
    protocol = _Protocol(buffer)
    found: set[int] = set()
    groups: list[tuple[int, int]] = []
    chunk = {_META_DATA: lambda: _walk(protocol, {_CODEC: lambda: found.add(protocol.readI32())})}
    group = {_COLUMNS: lambda: _items(protocol, lambda: _walk(protocol, chunk))}

    def pass_over_groups() -> None:
        start = buffer.cstringio_buf.tell()
        _items(protocol, lambda: _walk(protocol, group), most=1)
        groups.append((start, buffer.cstringio_buf.tell()))

    def pass_over_schema() -> None:
        kind, size = protocol.readListBegin()
        if size > MAX_ELEMENTS:
            raise ValueError(f"its schema has {size} elements; at most {MAX_ELEMENTS} are read")
        for _ in range(size):
            protocol.skip(kind)
        protocol.readListEnd()

    try:
        _walk(protocol, {_SCHEMA: pass_over_schema, _ROW_GROUPS: pass_over_groups})
        names = {_NAMES[number] for number in found if number >= 0 or _refuse(number)}
    except _DAMAGED as error:
        raise ValueError(f"its Thrift cannot be read: {str(error) or repr(error)}") from error
    for start, end in reversed(groups):
        footer = footer[:start] + _NO_STRUCTS + footer[end:]
    if len(footer) > MAX_REST:
        raise ValueError(f"it has {len(footer)} bytes beside its row groups; at most {MAX_REST} are read")
    return names, footer


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
