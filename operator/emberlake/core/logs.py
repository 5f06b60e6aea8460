"""JSON log lines: a constant message and keys, as the Kubernetes logging conventions ask.

A line written while an object is reconciled says which one, in which reconcile, and how long after its
start; nobody has to pass that along.
"""

import json
import logging
import os
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from emberlake.core.model import Manifest, Ref

_PLAIN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


@dataclass(frozen=True)
class _Reconcile:
    keys: Mapping[str, Any]
    started: float


_current: ContextVar[_Reconcile | None] = ContextVar("reconcile", default=None)


class JsonFormatter(logging.Formatter):
    """One JSON object a line; `extra` becomes keys, beside those of the reconcile that goes on."""

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_reconcile_keys(),
            **{key: value for key, value in vars(record).items() if key not in _PLAIN and value is not None},
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


@contextmanager
def reconciling(ref: Ref, manifest: Manifest | None) -> Iterator[None]:
    """Name the object of `ref` in every line until the end of the block.

    Keys: kind, namespace, name, reconcileID, and from the object uid, generation and attempt; `duration` is
    in seconds since the block began.
    """
    keys = {"kind": ref.kind, "namespace": ref.namespace, "name": ref.name, **_identity(manifest)}
    reconcile = _Reconcile({**keys, "reconcileID": str(uuid.uuid4())}, time.monotonic())
    token = _current.set(reconcile)
    try:
        yield
    finally:
        _current.reset(token)


def _identity(manifest: Manifest | None) -> dict[str, Any]:
    if manifest is None:
        return {}
    meta = manifest["metadata"]
    found = {"uid": meta["uid"], "generation": meta.get("generation")}
    attempt = (manifest.get("status") or {}).get("attempt") or {}
    return found if "number" not in attempt else {**found, "attempt": attempt["number"]}


def _reconcile_keys() -> Mapping[str, Any]:
    current = _current.get()
    if current is None:
        return {}
    return {**current.keys, "duration": round(time.monotonic() - current.started, 3)}


def configure() -> None:
    """Send all logs to standard output as JSON, from the level of EMBERLAKE_LOG_LEVEL (default INFO) up."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter())
    level = os.environ.get("EMBERLAKE_LOG_LEVEL", "INFO")
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # kopf logs each event of each object; ours are the ones that matter.
    logging.getLogger("kopf").setLevel(logging.WARNING)
    # At DEBUG the client would write whole answers of the API server.
    logging.getLogger("kubernetes").setLevel(logging.INFO)
    # A silent metastore is told by the Catalog's condition; thrift would log a traceback at each try.
    logging.getLogger("thrift").setLevel(logging.CRITICAL)
