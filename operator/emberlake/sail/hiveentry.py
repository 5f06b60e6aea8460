"""What stands in the metastore's entry of an Iceberg table beside the place of its metadata. Pure.

The same as Iceberg's Hive catalog of Spark writes (HMSTablePropertyHelper of iceberg-hive-metastore 1.11), so
that no reader of the entry sees another state of the table than the metadata has.
"""

import json
from collections.abc import Mapping
from typing import Any

from pyiceberg.table.metadata import TableMetadata

# longer ones are left out: iceberg.hive.table-property-max-size of Spark
LONGEST = 32672
_TRANSLATED = {"gc.enabled": "external.table.purge"}
_STATISTICS = {
    "numFiles": "total-data-files",
    "numRows": "total-records",
    "totalSize": "total-files-size",
}
_STATE = (
    "current-snapshot-id",
    "current-snapshot-timestamp-ms",
    "current-snapshot-summary",
    "snapshot-count",
    "current-schema",
    "default-partition-spec",
    "default-sort-order",
)


def parameters(
    standing: Mapping[str, str],
    base: TableMetadata | None,
    new: TableMetadata,
    location: str,
    previous: str | None,
) -> dict[str, str]:
    """Parameters of the entry for metadata `new` at `location`.

    `standing`: those that are there; what other engines wrote stays. `base`, `previous`: the metadata that
    `new` follows, and its place.
    """
    found = dict(standing)
    for key in (base.properties if base else {}).keys() - new.properties.keys():
        found.pop(_TRANSLATED.get(key, key), None)
    found |= {_TRANSLATED.get(key, key): str(value) for key, value in new.properties.items()}
    found |= {
        "EXTERNAL": "TRUE",
        "table_type": "ICEBERG",
        "uuid": str(new.table_uuid),
        "metadata_location": location,
    }
    if previous:
        found["previous_metadata_location"] = previous
    for key in _STATE:
        found.pop(key, None)
    return found | _state(new)


def _state(new: TableMetadata) -> dict[str, str]:
    texts = {"current-schema": new.schema().model_dump_json(by_alias=True, exclude_none=True)}
    if not new.spec().is_unpartitioned():
        texts["default-partition-spec"] = new.spec().model_dump_json(by_alias=True)
    if not new.sort_order().is_unsorted:
        texts["default-sort-order"] = new.sort_order().model_dump_json(by_alias=True)
    if snapshot := new.current_snapshot():
        summary = _summary(snapshot.summary)
        texts |= {
            "current-snapshot-id": str(snapshot.snapshot_id),
            "current-snapshot-timestamp-ms": str(snapshot.timestamp_ms),
            "current-snapshot-summary": json.dumps(summary, separators=(",", ":")),
        }
        texts |= {key: summary[name] for key, name in _STATISTICS.items() if name in summary}
    texts["snapshot-count"] = str(len(new.snapshots))
    return {key: text for key, text in texts.items() if len(text) <= LONGEST}


def _summary(summary: Any) -> dict[str, str]:
    return dict(summary.additional_properties) if summary else {}
