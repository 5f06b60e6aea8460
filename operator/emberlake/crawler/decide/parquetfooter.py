"""A Parquet footer, in Thrift's compact protocol: the compressions in it, and what of it Arrow should see.

Arrow ends the process for a compression that it does not know, and holds row groups in a dozen times their
bytes. Thrift's own reader takes six times as long.
"""

from collections.abc import Callable, Mapping

# bytes of a footer beside its row groups, and elements of its schema, of some hundred bytes each in Arrow
MAX_REST, MAX_ELEMENTS = 16 * 1024 * 1024, 100_000
MAX_DEPTH = 64
# parquet.thrift: FileMetaData.schema and row_groups, RowGroup.columns, ColumnChunk.meta_data,
# ColumnMetaData.codec; FileMetaData.key_value_metadata and column_orders
_SCHEMA, _ROW_GROUPS, _COLUMNS, _META_DATA, _CODEC = 2, 4, 1, 3, 4
_OTHER_LISTS = (5, 7)
_NAMES = ("uncompressed", "snappy", "gzip", "lzo", "brotli", "lz4", "zstd", "lz4_raw")
_TRUE, _FALSE, _BYTE, _I16, _I32, _I64, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT = range(1, 13)
_FIXED = {_TRUE: 0, _FALSE: 0, _BYTE: 1, _DOUBLE: 8}
_NO_STRUCTS = bytes([_STRUCT])

# from where a value begins to where it ends; of fields by number and kind
Reader = Callable[[int], int]
Readers = Mapping[tuple[int, int], Reader]


def looked_at(footer: bytes) -> tuple[set[str], bytes]:
    """Compressions of the columns in the first row group, which stands for the file; and the footer without
    row groups.

    Raises ValueError for a damaged footer, a compression that does not exist, and more than Arrow may hold.
    """
    found: set[int] = set()
    groups: list[tuple[int, int]] = []

    def codec(at: int) -> int:
        zigzag, end = _varint(footer, at)
        found.add(-1 if zigzag & 1 else zigzag >> 1)
        return end

    def schema(at: int) -> int:
        size, end = _structs(footer, at)
        if size > MAX_ELEMENTS:
            raise ValueError(f"its schema has {size} elements; at most {MAX_ELEMENTS} are read")
        return end

    def first_group(at: int) -> int:
        data: Readers = {(_CODEC, _I32): codec}
        chunk: Readers = {(_META_DATA, _STRUCT): lambda at: _struct(footer, at, data)}
        columns: Readers = {(_COLUMNS, _LIST): lambda at: _each(footer, at, chunk)}
        size, end = _structs(footer, at)
        if size:
            _struct(footer, _header(footer, at)[2], columns)
        groups.append((at, end))
        return end

    others: Readers = {(number, _LIST): lambda at: _structs(footer, at)[1] for number in _OTHER_LISTS}
    try:
        end = _struct(footer, 0, {**others, (_SCHEMA, _LIST): schema, (_ROW_GROUPS, _LIST): first_group})
    except (LookupError, RecursionError) as error:
        raise ValueError(f"its Thrift cannot be read: {error}") from error
    if end > len(footer):
        raise ValueError("it ends in the middle of a value")
    for start, end in reversed(groups):
        footer = footer[:start] + _NO_STRUCTS + footer[end:]
    if len(footer) > MAX_REST:
        raise ValueError(f"it has {len(footer)} bytes beside its row groups; at most {MAX_REST} are read")
    return set(map(_name, found)), footer


def _name(number: int) -> str:
    if not 0 <= number < len(_NAMES):
        raise ValueError(f"there is no compression {number}")
    return _NAMES[number]


def _struct(data: bytes, at: int, wanted: Readers) -> int:
    """Pass over a struct, the fields in `wanted` by their readers."""
    number = 0
    while head := data[at]:
        at += 1
        if head >> 4:
            number += head >> 4
        else:
            zigzag, at = _varint(data, at)
            number = zigzag >> 1
        read = wanted.get((number, head & 15))
        at = read(at) if read else _passed(data, at, head & 15, 0)
    return at + 1


def _each(data: bytes, at: int, wanted: Readers) -> int:
    """Pass over a list of structs, as `_struct` over each."""
    size, _, at = _header(data, at)
    for _ in range(size):
        at = _struct(data, at, wanted)
    return at


def _structs(data: bytes, at: int) -> tuple[int, int]:
    """How many structs a list has, and its end. Raises ValueError for other values: Arrow takes them for
    structs, and would go on at another place.
    """
    size, kind, _ = _header(data, at)
    if size and kind != _STRUCT:
        raise ValueError(f"it has a list of the kind {kind} instead of structs")
    return size, _passed(data, at, _LIST, 0)


def _header(data: bytes, at: int) -> tuple[int, int, int]:
    """How many values a list has, of which kind, and where they begin."""
    size, kind = data[at] >> 4, data[at] & 15
    if size < 15:
        return size, kind, at + 1
    size, at = _varint(data, at + 1)
    return size, kind, at


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while (byte := data[at]) > 0x7F:
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if shift > 63:
            raise ValueError("it has a number of more than 64 bits")
    return value | byte << shift, at + 1


def _passed(data: bytes, at: int, kind: int, depth: int) -> int:
    """The end of a value of `kind`."""
    if _I16 <= kind <= _I64:
        while data[at] > 0x7F:
            at += 1
        return at + 1
    if kind == _BINARY:
        length, at = _varint(data, at)
        return at + length
    if kind == _STRUCT:
        return _passed_struct(data, at, depth + 1)
    if kind in {_LIST, _SET, _MAP}:
        return _passed_values(data, at, kind, depth + 1)
    if kind not in _FIXED:
        raise ValueError(f"it has a value of the unknown kind {kind}")
    return at + _FIXED[kind]


def _passed_values(data: bytes, at: int, kind: int, depth: int) -> int:
    """The end of a list or a map; truth has a byte there."""
    if kind == _MAP:
        size, at = _varint(data, at)
        both, at = (data[at], at + 1) if size else (0, at)
        kinds: tuple[int, ...] = (both >> 4, both & 15)
    else:
        size, items, at = _header(data, at)
        kinds = (items,)
    for _ in range(size):
        for each in kinds:
            at = at + 1 if each in {_TRUE, _FALSE} else _passed(data, at, each, depth)
        if at > len(data):
            raise ValueError("it ends in the middle of a list")
    return at


def _passed_struct(data: bytes, at: int, depth: int) -> int:
    """The end of a struct: most of a footer is passed over here."""
    if depth > MAX_DEPTH:
        raise ValueError(f"its values are nested deeper than {MAX_DEPTH} levels")
    while head := data[at]:
        at += 1
        if head < 0x10:
            _, at = _varint(data, at)
        kind = head & 15
        if _I16 <= kind <= _I64:
            while data[at] > 0x7F:
                at += 1
            at += 1
        else:
            at = _passed(data, at, kind, depth)
    return at + 1
