"""What the engine does not do for a script."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refusal:
    """A feature, named as in `verified.json` or by the gateway (`sql.merge`), and a sentence for people."""

    feature: str
    message: str


class RefusedError(Exception):
    """Raised inside a decision, and made its result at the decision's edge."""

    def __init__(self, feature: str, message: str) -> None:
        super().__init__(message)
        self.refusal = Refusal(feature, message)
