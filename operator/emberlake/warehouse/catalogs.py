"""Which catalogs a warehouse serves, and with which files: rendered now, or as they were last rendered.

A Catalog that is deleted while in use keeps being served as it was; what was rendered is kept in the
warehouse's own ConfigMap, so that it survives a restart of the operator. Pure.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from emberlake.api.v1alpha1.catalog import CatalogSpec
from emberlake.catalog.render import delta_name, hive_name, sql_name, trino_catalogs, trino_env
from emberlake.core.model import Decision

RECORD = "rendered.json"


@dataclass(frozen=True)
class Served:
    """One Catalog as the warehouse serves it: names in SQL, files, and environment entries."""

    catalog: str
    sql_names: tuple[str, ...]
    files: Mapping[str, str]
    env: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Resolved:
    """What the catalogs of a spec came to.

    Attributes:
        served: rendered or kept, in the order of the spec.
        kept: those of them whose Catalog is gone.
        missing: named in the spec, never seen.
        problem: why these catalogs cannot be served together.
    """

    served: tuple[Served, ...]
    kept: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    problem: Decision | None = None


def resolve(
    names: Sequence[str], specs: Mapping[str, CatalogSpec], config_map: Mapping[str, Any] | None
) -> Resolved:
    """Render what exists, keep what existed.

    Args:
        names: `spec.catalogs`.
        specs: the Catalogs that exist, by name.
        config_map: the ConfigMap that `data` made earlier.
    """
    recorded = _recorded(config_map)
    served, kept, missing = [], [], []
    for name in dict.fromkeys(names):
        if name in specs:
            try:
                served.append(_render(name, specs[name]))
            except ValueError as error:
                return Resolved((), problem=Decision("InvalidSqlName", f"Catalog {name!r}: {error}"))
        elif name in recorded:
            served.append(recorded[name])
            kept.append(name)
        else:
            missing.append(name)
    return Resolved(tuple(served), tuple(kept), tuple(missing), _clash(served))


def data(served: Sequence[Served]) -> dict[str, str]:
    """Contents of the ConfigMap: the files of all catalogs, and the record of what was rendered."""
    record = [
        {"catalog": s.catalog, "sqlNames": list(s.sql_names), "files": sorted(s.files), "env": list(s.env)}
        for s in served
    ]
    # in one order, whether they were rendered now or are kept: the pods' template has a hash of it
    files = dict(sorted(item for s in served for item in s.files.items()))
    return {**files, RECORD: json.dumps(record, indent=2, sort_keys=True) + "\n"}


def _render(name: str, spec: CatalogSpec) -> Served:
    names = (sql_name(name, spec), hive_name(name, spec), delta_name(name, spec))
    return Served(name, names, trino_catalogs(name, spec), trino_env(name, spec))


def _recorded(config_map: Mapping[str, Any] | None) -> dict[str, Served]:
    files = (config_map or {}).get("data") or {}
    return {
        entry["catalog"]: Served(
            catalog=entry["catalog"],
            sql_names=tuple(entry["sqlNames"]),
            files={name: files[name] for name in entry["files"]},
            env=entry["env"],
        )
        for entry in json.loads(files.get(RECORD, "[]"))
    }


def _clash(served: Sequence[Served]) -> Decision | None:
    owners: dict[str, str] = {}
    for entry in served:
        for name in entry.sql_names:
            if name in owners:
                return Decision(
                    "DuplicateSqlName",
                    f"Catalogs {owners[name]!r} and {entry.catalog!r} are both called {name!r} in SQL:"
                    " set spec.sqlName of one of them",
                )
            owners[name] = entry.catalog
    return None
