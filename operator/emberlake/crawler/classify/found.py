"""What a classifier says about a file."""

from dataclasses import dataclass

from emberlake.crawler.classify.formats import NONE
from emberlake.crawler.classify.grok import Grok
from emberlake.crawler.config import ClassifierSpec


@dataclass(frozen=True)
class Found:
    """Format of one file, in words what it looks like, how sure that is (0 to 1), and who said it.

    `codec`: its compression. `classification`: Glue's name where it differs from the format. `spec`: the
    Classifier that recognised it. `rows_at`: the row tag of XML or the path in JSON. `tried`: the certainty
    of each classifier that was asked.
    """

    format: str
    looks_like: str
    certainty: float = 1.0
    classifier: str = ""
    codec: str = NONE
    classification: str = ""
    grok: Grok | None = None
    spec: ClassifierSpec | None = None
    rows_at: str = ""
    tried: tuple[tuple[str, float], ...] = ()

    @property
    def kind(self) -> tuple[str, str, str]:
        """What files of one table must have in common."""
        return self.format, self.classification, self.rows_at
