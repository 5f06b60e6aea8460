"""How CSV text is written, and its rows. Pure."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

# Stands for a delimiter of several characters while the text is parted; not a character of any language.
_STAND_IN = "\ue000"


@dataclass(frozen=True)
class Dialect:
    """How CSV text is written. `delimiter`: one character or more. `quoted`: some field of a data row is
    enclosed in `quote`. `escape`: backslash, or the quote where it is doubled. `comment`: what lines that
    are no rows start with; empty when there are none. `padded`: blanks behind a delimiter are no part of
    the field, so that a quote may follow them.
    """

    delimiter: str
    quoted: bool
    escape: str = '"'
    quote: str = '"'
    comment: str = ""
    padded: bool = False

    def rows(self, lines: Iterable[str], *, strict: bool = False) -> Iterator[list[str]]:
        """Rows of `lines`; `strict` raises csv.Error for quotes that do not enclose a whole field."""
        if len(self.delimiter) == 1:
            return self._reader(lines, self.delimiter, strict)
        single = (line.replace(self.delimiter, _STAND_IN) for line in lines)
        return (
            [cell.replace(_STAND_IN, self.delimiter) for cell in row]
            for row in self._reader(single, _STAND_IN, strict)
        )

    def _reader(self, lines: Iterable[str], delimiter: str, strict: bool) -> Iterator[list[str]]:
        if not self.quoted:
            return csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE, quotechar=None)
        backslash = self.escape == "\\"
        return csv.reader(
            lines,
            delimiter=delimiter,
            quotechar=self.quote,
            doublequote=not backslash,
            escapechar="\\" if backslash else None,
            skipinitialspace=self.padded,
            strict=strict,
        )

    def quotes(self, lines: Iterable[str]) -> bool:
        """Whether a field of `lines` starts with the quote: at the start of a line or behind a delimiter."""
        behind = [f"{self.delimiter}{self.quote}"] + [f"{self.delimiter} {self.quote}"] * self.padded
        return any(line.startswith(self.quote) or any(text in line for text in behind) for line in lines)
