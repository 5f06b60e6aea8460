"""An exception as a log tells of it. Pure data."""

from dataclasses import dataclass

_LINES = 6


@dataclass(frozen=True)
class Raised:
    """One exception of a chain.

    Attributes:
        kind: type as the log names it, with its module or package; empty for a mere place in the code.
        message: what follows the type, possibly of several lines.
        frames: the innermost lines of the stack that are the application's own.
        relation: how it stands to the exceptions before it in the chain; empty for the first.
    """

    kind: str
    message: str = ""
    frames: tuple[str, ...] = ()
    relation: str = ""

    @property
    def name(self) -> str:
        """The type without module or package."""
        return self.kind.rpartition(".")[2].rpartition("$")[2]

    @property
    def text(self) -> str:
        """Type and message, as a log shows them."""
        return f"{self.kind}: {self.message}" if self.message else self.kind


Chain = tuple[Raised, ...]


def describe(chain: Chain) -> str:
    """The lines that a person needs: the first exception and its place, one line of each that it led to."""
    first, rest = chain[0], chain[1:]
    lines = [*_first_lines(first.text), *first.frames]
    for raised in rest:
        if raised.kind and (not raised.message or first.message in raised.message):
            continue  # wraps what was said already
        lines.append(f"{raised.relation} {''.join(_first_lines(raised.text)[:1])}".rstrip())
        if not raised.kind or not first.frames:
            lines += raised.frames
    return "\n".join(lines)


def _first_lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.splitlines() if line.strip()][:_LINES]
