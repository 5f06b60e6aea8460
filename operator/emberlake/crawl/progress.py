"""How far a crawl is, from the last line of the pod's log. Pure."""

import json
from typing import Any

from pydantic import ValidationError

from emberlake.api.v1alpha1.crawl import CrawlProgress


def parse(text: str) -> CrawlProgress | None:
    """The progress that the last whole line tells of; None where it tells of none."""
    for line in reversed(text.splitlines()):
        try:
            found: Any = json.loads(line)
            return CrawlProgress.model_validate(found["progress"])
        except (ValueError, KeyError, TypeError, ValidationError):
            continue
    return None
