"""The Catalog capability: renders every engine's configuration, checks that metastore and bucket answer."""

import asyncio
from collections.abc import Sequence

from emberlake.catalog.observe import Observed, observe
from emberlake.catalog.plan import plan
from emberlake.clients.metastore import MetastoreUnreachableError, ping
from emberlake.core.capability import Capability
from emberlake.core.context import Context
from emberlake.core.model import Manifest


async def ask(uris: Sequence[str]) -> str | None:
    """None when a metastore answers, otherwise what went wrong."""
    try:
        await asyncio.to_thread(ping, uris)
    except MetastoreUnreachableError as error:
        return str(error)
    return None


async def _observe(context: Context, manifest: Manifest) -> Observed:
    return await observe(context, manifest, ask)


CAPABILITY: Capability[Observed] = Capability(
    kind="Catalog",
    children=("Job", "Pod", "ConfigMap"),
    references=lambda obj: frozenset(),  # noqa: ARG005  # a Catalog refers to none
    observe=_observe,
    plan=plan,
)
