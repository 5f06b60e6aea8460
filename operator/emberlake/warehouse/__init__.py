"""Warehouse: a Trino cluster over one or more Catalogs."""

import asyncio

from emberlake.clients.trino import TrinoUnavailableError, answering
from emberlake.core.capability import Capability
from emberlake.core.context import Context
from emberlake.core.model import Manifest
from emberlake.warehouse.observe import Observed, Reply, observe
from emberlake.warehouse.plan import plan


async def ask(url: str) -> Reply:
    """What the Trino at `url` says to a query."""
    try:
        return Reply(await asyncio.to_thread(answering, url))
    except TrinoUnavailableError as error:
        return Reply(error=str(error))


async def _observe(context: Context, manifest: Manifest) -> Observed:
    return await observe(context, manifest, ask)


CAPABILITY: Capability[Observed] = Capability(
    kind="Warehouse",
    children=("Deployment", "Service", "ConfigMap", "Pod"),
    references={"Catalog": lambda obj: frozenset(obj["spec"].get("catalogs") or ())},
    observe=_observe,
    plan=plan,
)
