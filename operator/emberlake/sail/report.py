"""What the program leaves as termination message: what the operator needs beside the exit code. Pure."""

import json
from dataclasses import dataclass

# the kubelet keeps so many bytes of it
_MAXIMUM_BYTES = 4096
_MESSAGE_CHARACTERS = 1500

# of the program when the engine could not do what was asked
UNSUPPORTED_CODE = 3


@dataclass(frozen=True)
class Unsupported:
    """What the engine cannot do, or not with Spark's results: a dotted name, and words for people."""

    feature: str
    message: str


@dataclass(frozen=True)
class Report:
    """How an attempt went, or how far it has come: whoever is killed tells no more.

    `commits`: writes that readers see, or may see.
    """

    version: str
    commits: int
    unsupported: Unsupported | None = None

    def text(self) -> str:
        """JSON of at most 4096 bytes."""
        length = _MESSAGE_CHARACTERS
        while len(found := self._text(length).encode()) > _MAXIMUM_BYTES:
            length //= 2
        return found.decode()

    def _text(self, length: int) -> str:
        found = self.unsupported
        unsupported = found and {"feature": found.feature[:length], "message": found.message[:length]}
        return json.dumps(
            {"engine": "Sail", "version": self.version, "commits": self.commits, "unsupported": unsupported}
        )
