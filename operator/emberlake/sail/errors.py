"""How Spark Connect's client is told of an error, so that the script gets Spark's exception for it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import NoReturn

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.rpc import code_pb2
from google.rpc.error_details_pb2 import ErrorInfo
from google.rpc.status_pb2 import Status

from emberlake.sail.refusal import Refusal

# gRPC carries the text twice in its 8 KiB of trailing metadata
_LONGEST_BYTES = 2000
_SPARK = "org.apache.spark"
UNSUPPORTED = "UNSUPPORTED_FEATURE"


@dataclass(frozen=True, slots=True)
class SparkError:
    """An error of Spark: its condition, the Java class that the client maps to its own, a message."""

    condition: str
    java: str
    message: str

    @property
    def text(self) -> str:
        """As Spark writes it, no longer than the wire takes."""
        text = f"[{self.condition}] {self.message}".encode()[:_LONGEST_BYTES]
        return text.decode(errors="ignore")


def unsupported(refusal: Refusal) -> SparkError:
    """An UnsupportedOperationException in the script."""
    return SparkError(
        UNSUPPORTED,
        "java.lang.UnsupportedOperationException",
        f"{refusal.message} ({refusal.feature}). Set spec.engine: Spark, or Auto, which goes on with Spark.",
    )


def rejected(condition: str, message: str) -> SparkError:
    """An AnalysisException in the script."""
    return SparkError(condition, f"{_SPARK}.sql.AnalysisException", message)


def aborted(message: str) -> SparkError:
    """A SparkException in the script: a write that did not come to its end."""
    return SparkError("WRITING_JOB_ABORTED", f"{_SPARK}.SparkException", message)


def unknown(message: str) -> SparkError:
    """A SparkException in the script: a write of which nobody knows whether it stands in the table."""
    return SparkError("COMMIT_STATE_UNKNOWN", f"{_SPARK}.SparkException", message)


def abort(context: grpc.ServicerContext, error: SparkError) -> NoReturn:
    """End the call with the error."""
    info = ErrorInfo(
        reason=error.java,
        domain=_SPARK,
        metadata={"classes": json.dumps([error.java]), "errorClass": error.condition},
    )
    detail = AnyMessage()
    detail.Pack(info)
    status = Status(code=code_pb2.INTERNAL, message=error.text, details=[detail])
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(grpc.StatusCode.INTERNAL, error.text)
    raise AssertionError("abort raises")
