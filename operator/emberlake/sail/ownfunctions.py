"""The function of the gateway's own that Sail is asked to run, as a command of Spark Connect."""

from __future__ import annotations

import sys

from pyspark.sql.connect.proto import base_pb2, types_pb2

from emberlake.sail.mends import HALF_UP

# pyspark.util.PythonEvalType.SQL_SCALAR_ARROW_UDF
_ARROW = 250


def called_in(data: bytes) -> bool:
    """Whether a plan may call the function."""
    return HALF_UP.encode() in data


def registration() -> bytes:
    """The Plan that puts it into a session."""
    # loads what a script without it need not wait for
    from pyspark.serializers import CloudPickleSerializer  # noqa: PLC0415
    from pyspark.sql.types import DoubleType  # noqa: PLC0415

    from emberlake.sail.rounding import half_up  # noqa: PLC0415

    plan = base_pb2.Plan()
    function = plan.command.register_function
    function.function_name = HALF_UP
    function.deterministic = True
    function.python_udf.output_type.CopyFrom(types_pb2.DataType(double=types_pb2.DataType.Double()))
    function.python_udf.eval_type = _ARROW
    function.python_udf.command = CloudPickleSerializer().dumps((half_up, DoubleType()))
    function.python_udf.python_ver = f"{sys.version_info.major}.{sys.version_info.minor}"
    return bytes(plan.SerializeToString())
