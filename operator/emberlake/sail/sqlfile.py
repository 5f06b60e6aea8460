"""What a file of SQL statements asks for that is refused whatever the tables hold. Pure."""

from collections.abc import Iterator

from emberlake.sail.refusal import Refusal, RefusedError
from emberlake.sail.sqllex import tokens
from emberlake.sail.sqltext import statement


def refused_statement(text: str) -> tuple[int, Refusal] | None:
    """The first statement that Sail does not run, as its line and why; None where each may begin."""
    try:
        for line, part in _statements(text):
            if isinstance(found := statement(part), Refusal):
                return line, found
    except RefusedError as error:
        return 1, error.refusal
    return None


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """The statements with their lines; BEGIN ... END comes in pieces, the first of which is refused."""
    begin, end = None, 0
    for token in tokens(text):
        if token.text == ";":
            if begin is not None:
                yield text.count("\n", 0, begin) + 1, text[begin:end]
            begin = None
            continue
        begin = token.start if begin is None else begin
        end = token.end
    if begin is not None:
        yield text.count("\n", 0, begin) + 1, text[begin:end]
