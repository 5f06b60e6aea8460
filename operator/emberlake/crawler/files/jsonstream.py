"""JSON values as a stream of events: bounded in depth, in the length of a value, and in what a row holds."""

import sys
from collections.abc import Iterator
from typing import Any, Protocol

import ijson

MAX_DEPTH = 64
# Nothing may be told from so many bytes on end: a string or number of that length.
MAX_VALUE = 8 * 1024 * 1024
_CHUNK = 64 * 1024
_BOM = b"\xef\xbb\xbf"

Event = tuple[str, Any]


class Readable(Protocol):
    """What is read by pieces."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none at the end."""
        ...


def events(stream: Readable) -> Iterator[Event]:
    """Events of all JSON values in `stream` one after another, as ijson names them.

    Raises ValueError for text that is not JSON, nesting deeper than `MAX_DEPTH` and values longer than
    `MAX_VALUE`.
    """
    found: list[Event] = ijson.sendable_list()
    parser = ijson.basic_parse_coro(found, multiple_values=True)
    depth = silent = 0
    mark = _BOM
    while True:
        chunk = stream.read(_CHUNK).removeprefix(mark)
        mark = b""
        _send(parser, chunk)
        silent = 0 if found else silent + len(chunk)
        if silent > MAX_VALUE:
            raise ValueError(f"a value is longer than {MAX_VALUE} bytes")
        for event in found:
            depth += {"start_map": 1, "start_array": 1, "end_map": -1, "end_array": -1}.get(event[0], 0)
            if depth > MAX_DEPTH:
                raise ValueError(f"values are nested deeper than {MAX_DEPTH} levels")
            yield event
        found.clear()
        if not chunk:
            return


def _send(parser: Any, chunk: bytes) -> None:
    try:
        parser.send(chunk)
        if not chunk:
            parser.close()
    except StopIteration:
        return
    except ijson.JSONError as error:
        raise ValueError(f"it is not JSON: {error}") from error
    except SystemError as error:  # how the library passes on that Python refuses a number
        raise ValueError(f"a number has more than {sys.get_int_max_str_digits()} digits") from error


def begins_like_json(head: bytes, *, complete: bool) -> bool:
    """Whether `head` is the start of JSON; with `complete` it must be the whole of it."""
    parser = ijson.basic_parse_coro(ijson.sendable_list(), multiple_values=True)
    try:
        _send(parser, head)
        if complete:
            _send(parser, b"")
    except ValueError:
        return False
    return True
