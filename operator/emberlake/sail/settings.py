"""Which Spark settings a program on Sail may have, in its SparkJob or by `spark.conf.set`. Pure.

Known are those without a meaning for results, and those whose value is what Sail does. All others are
refused: Sail takes any setting and says nothing of those that it does not know.
"""

import re
from collections.abc import Mapping

# Spark's own processes, and how it cuts its work into parts: nothing that a result could show.
_MACHINERY = (
    r"app\.name|log\.\S+|master\.rest\S*",
    r"(authenticate|ssl|ui|eventLog|history|metrics|port|blockManager\.port)(\.\S+)?",
    r"(dynamicAllocation|shuffle|reducer|memory|storage|network|rpc|scheduler|task|locality|speculation)(\.\S+)?",
    r"(stage|broadcast|io|kryo|kryoserializer|rdd|cleaner|decommission|excludeOnFailure|checkpoint)\.\S+",
    r"(serializer|closure\.serializer|default\.parallelism|maxRemoteBlockSizeFetchToMem)",
    r"(driver|executor)\.(cores|memory|memoryOverhead|memoryOverheadFactor|maxResultSize|port|host|log\S*)",
    r"executor\.(instances|heartbeatInterval|maxNumFailures|failuresValidityInterval|processTreeMetrics\S*)",
    r"executor\.pyspark\.memory|pyspark\.driver\.memory|python\.worker\.\S+",
    r"kubernetes\.(container\.image(\.\S+)?|executor\.(request|limit)\.cores)",
    r"kubernetes\.(allocation|memoryOverheadFactor|local\.dirs\.tmpfs|authenticate)(\.\S+)?",
    r"kubernetes\.driver(Env)?\.\S+|kubernetes\.executor\.(label|annotation|scheduler\.name)(\.\S+)?",
    r"kubernetes\.(executor\.)?(node\.selector|podTemplateContainerName|enable|delete|check|eventP)\S*",
    r"sql\.(adaptive|codegen|inMemoryColumnarStorage|ui|optimizer\.dynamicPartitionPruning)\.\S+",
    r"sql\.(autoBroadcastJoinThreshold|broadcastTimeout|shuffle\.partitions|join\.preferSortMergeJoin)",
    r"sql\.files\.(maxPartitionBytes|openCostInBytes|minPartitionNum|maxPartitionNum)",
    r"sql\.(parquet\.(enableVectorizedReader|filterPushdown)|iceberg\.vectorization\.enabled)",
    r"sql\.(redaction\.\S+|maxPlanStringLength|debug\.maxToStringFields|cbo\.\S+|statistics\.\S+)",
)
_HARMLESS = re.compile(r"spark\.(" + "|".join(_MACHINERY) + ")")
# What Sail does, as Spark writes it.
_SAME: Mapping[str, tuple[str, ...]] = {
    "spark.sql.ansi.enabled": ("true",),
    "spark.sql.caseSensitive": ("false",),
    "spark.sql.session.timeZone": ("UTC", "Etc/UTC"),
    "spark.sql.sources.default": ("parquet",),
    "spark.sql.sources.partitionOverwriteMode": ("static",),
    "spark.sql.storeAssignmentPolicy": ("ansi",),
    "spark.sql.timestampType": ("timestamp_ltz",),
}
_JAVA_OPTIONS = re.compile(r"spark\.(driver|executor)\.(default|extra)JavaOptions")
# Garbage collectors, sizes, logs; a system property or an agent may change what a program does.
_HARMLESS_OPTION = re.compile(r"-X\S+|-verbose\S*")


def refused(key: str, value: str) -> str | None:
    """Why a program with this setting cannot run on Sail; None where it can."""
    if _HARMLESS.fullmatch(key):
        return None
    if _JAVA_OPTIONS.fullmatch(key):
        return None if all(map(_HARMLESS_OPTION.fullmatch, value.split())) else "Sail has no JVM"
    if key not in _SAME:
        return "it is not known to mean on Sail what it means on Spark"
    allowed = _SAME[key]
    if value.strip().lower() in (word.lower() for word in allowed):
        return None
    return f"it is {value!r}, and Sail has it at {' or '.join(allowed)} alone"
