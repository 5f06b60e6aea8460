"""What follows a status that was written: a log line, an Event, metrics."""

import logging
from collections.abc import Callable, Mapping

from emberlake.core import runs
from emberlake.core.events import EventRecorder
from emberlake.core.model import Transition

log = logging.getLogger(__name__)


class Transitions:
    """Tells of each transition once: the API server took the status under its resourceVersion."""

    def __init__(self, events: EventRecorder, measures: Mapping[str, Callable[[Transition], None]]) -> None:
        """`measures`: by kind, what counts and times its transitions."""
        self._events, self._measures = events, measures

    def tell(self, transition: Transition) -> None:
        """Count it, and when it moved also log it and post its Event."""
        runs.measure(transition)
        self._measures[transition.owner.kind](transition)
        if transition.moved:
            self._log(transition)
            self._events.record(transition)

    def _log(self, transition: Transition) -> None:
        after = transition.after
        log.info(
            "state changed",
            extra={
                "state": after.get("state"),
                "reason": after.get("reason"),
                "detail": after.get("message"),
                "run": after.get("run"),
                "attempt": (after.get("attempt") or {}).get("number"),
            },
        )
