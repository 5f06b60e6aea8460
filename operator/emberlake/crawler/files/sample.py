"""The head of a file as classifiers look at it. Pure."""

from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Sample:
    """The decompressed `head` of a file (`complete`: that is all of it) and its `text`.

    `promise`: the format that the name says.
    """

    head: bytes
    text: str
    complete: bool
    promise: str | None = None

    @cached_property
    def lines(self) -> list[str]:
        """Lines with something in them; a last, cut line is left out where there are others."""
        lines = self.text.splitlines(keepends=True)
        if not self.complete and len(lines) > 1:
            lines.pop()
        return [line for line in lines if line.strip()]

    @property
    def start(self) -> str:
        """The first characters that are no blanks."""
        return self.text[:4096].lstrip()[:1024]
