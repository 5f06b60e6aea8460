"""What is asked of every system, what is true, and how the two are compared."""

import hashlib
from dataclasses import dataclass

INTEGER, NUMBER, BOOLEAN, DATE, TIMESTAMP, TEXT = "integer", "number", "boolean", "date", "timestamp", "text"


@dataclass(frozen=True)
class Answer:
    """What a system decided about a file; `types` are the kinds above, one a column, in order."""

    delimiter: str = ""
    header: bool | None = None
    preamble: int | None = None
    types: tuple[str, ...] = ()


@dataclass(frozen=True)
class Case:
    """A file with what is known about it; what is None (or no types) is not asked.

    `delimiter` empty: one column, where any delimiter that parts nothing is right. `trait`: what the case is
    about. `also`: further numbers of lines that are right for the preamble, where a file leaves it open.
    """

    name: str
    body: bytes
    delimiter: str | None = None
    header: bool | None = None
    preamble: int | None = None
    types: tuple[str, ...] = ()
    trait: str = ""
    also: tuple[int, ...] = ()

    @property
    def held_out(self) -> bool:
        """Whether the case belongs to the test set: half of all, by the hash of its name."""
        return hashlib.sha256(self.name.encode()).digest()[0] % 2 == 1

    def delimiter_right(self, answer: Answer) -> bool | None:
        """Whether the delimiter is right; None when it is not asked."""
        if self.delimiter is None:
            return None
        if not self.delimiter:
            text = self.body.decode("latin-1")
            return not answer.delimiter or answer.delimiter not in text or len(answer.types) == 1
        return answer.delimiter == self.delimiter

    def header_right(self, answer: Answer) -> bool | None:
        """Whether it is right that there are names."""
        return None if self.header is None else answer.header == self.header

    def preamble_right(self, answer: Answer) -> bool | None:
        """Whether the lines above the table are counted right."""
        return None if self.preamble is None else answer.preamble in {self.preamble, *self.also}

    def all_right(self, answer: Answer) -> bool | None:
        """All three together; None where one is not asked."""
        parts = (self.delimiter_right(answer), self.header_right(answer), self.preamble_right(answer))
        return None if None in parts else all(parts)

    def types_right(self, answer: Answer) -> tuple[int, int]:
        """Columns whose type is right, of how many. A number that is an integer everywhere may be either."""
        if len(answer.types) != len(self.types):
            return 0, len(self.types)
        return sum(a == b for a, b in zip(answer.types, self.types, strict=True)), len(self.types)
