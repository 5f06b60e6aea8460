"""Whether an object still is what was applied, so that quiet needs no write. Pure."""

from collections.abc import Mapping
from typing import Any

from emberlake.api import GROUP
from emberlake.core.model import Manifest
from emberlake.core.objects import digest

# Of the manifest that was applied last: a field that it no longer has shows nowhere else.
APPLIED = f"{GROUP}/applied"


def stamped(manifest: Manifest) -> dict[str, Any]:
    """The manifest with its digest as an annotation."""
    meta = manifest["metadata"]
    annotations = {**(meta.get("annotations") or {}), APPLIED: digest(manifest)}
    return {**manifest, "metadata": {**meta, "annotations": annotations}}


def is_as_applied(found: Any, wanted: Any) -> bool:
    """Whether to apply the stamped manifest `wanted` to the object `found` would change nothing.

    The API server adds defaults and may write a value in another way; in doubt the answer is False.
    """
    if isinstance(wanted, Mapping):
        known = found if isinstance(found, Mapping) else {}
        return all(is_as_applied(known.get(key), value) for key, value in wanted.items())
    if isinstance(wanted, list | tuple):
        items = found if isinstance(found, list) else []
        return len(items) == len(wanted) and all(map(is_as_applied, items, wanted))
    # The API server drops what is empty.
    return bool(found == wanted) or (found is None and wanted == "")
