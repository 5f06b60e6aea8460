"""Progress as JSON lines on standard output: one object a line, each with how far the run is."""

import datetime as dt
import json
import sys
import time
from collections.abc import Callable
from typing import Any, TextIO


class Progress:
    """Writes log lines. `stream` is standard output in the pod."""

    def __init__(self, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream or sys.stdout
        self._clock = clock
        self._listed = 0
        self._deciding: float | None = None
        self._far: dict[str, Any] = {}

    def say(self, event: str, message: str, **details: Any) -> None:
        """One line: `event` is a CamelCase word, `message` for people, `details` are fields of the line."""
        self._count(event, details)
        now = dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        far = {"progress": self._far} if self._far and event != "Finished" else {}
        line = {"time": now, "event": event, "message": message, **details, **far}
        self._stream.write(json.dumps(line, ensure_ascii=False, default=str) + "\n")
        self._stream.flush()

    def _count(self, event: str, details: dict[str, Any]) -> None:
        """Take in what an event says about how far the run is."""
        far = self._far
        match event:
            case "Listing":
                far.update(phase="Listing", objects=self._listed + details["objects"])
            case "Listed":
                self._listed += details["files"]
                far.update(phase="Listing", objects=max(self._listed, far.get("objects", 0)))
            case "Looking":
                far.update(phase="Looking", files=details["sampled"])
            case "Grouped":
                self._deciding = self._clock()
                far.update(phase="Deciding", tablesFound=details["tables"], tables=0)
            case "Decided" | "Skipped":
                far["tables"] = far.get("tables", 0) + 1
                self._estimate()
            case "Writing":
                far.update(phase="Writing", partitions=details["partitions"])
                far.pop("secondsLeft", None)

    def _estimate(self) -> None:
        """Time until all tables are decided, at the pace so far."""
        if self._deciding is None:
            return
        done = self._far["tables"]
        left = max(0, self._far["tablesFound"] - done)
        self._far["secondsLeft"] = round((self._clock() - self._deciding) / done * left)
