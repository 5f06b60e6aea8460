"""Progress as JSON lines on standard output: one object a line, the last one carries the counts."""

import datetime as dt
import json
import sys
from typing import Any, TextIO


class Progress:
    """Writes log lines. `stream` is standard output in the pod."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout

    def say(self, event: str, message: str, **details: Any) -> None:
        """One line: `event` is a CamelCase word, `message` for people, `details` are fields of the line."""
        now = dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line = {"time": now, "event": event, "message": message, **details}
        self._stream.write(json.dumps(line, ensure_ascii=False, default=str) + "\n")
        self._stream.flush()
