"""Catalog: renders every engine's configuration, checks that metastore and bucket answer."""

import asyncio
from collections.abc import Sequence

from emberlake.catalog.observe import Observed, observe
from emberlake.catalog.plan import plan
from emberlake.clients import metastore
from emberlake.core.capability import Capability
from emberlake.core.context import Context
from emberlake.core.model import Manifest

_CONNECT_SECONDS = 3.0
# Beside the connection there is the name to resolve, which has no timeout of its own.
_PING_SECONDS = 12.0


async def ping(uris: Sequence[str]) -> str | None:
    """Ask the metastore for its databases; None when it answered, otherwise which address failed and how."""
    try:
        async with asyncio.timeout(_PING_SECONDS):
            await asyncio.to_thread(metastore.ping, uris, _CONNECT_SECONDS)
    except metastore.MetastoreUnreachableError as error:
        return str(error)
    except TimeoutError:
        return f"{', '.join(uris)}: no answer within {_PING_SECONDS:.0f} s"
    return None


async def _observe(context: Context, manifest: Manifest) -> Observed:
    return await observe(context, manifest, ping)


CAPABILITY: Capability[Observed] = Capability(
    kind="Catalog",
    children=("ConfigMap", "Job", "Pod"),
    references={},
    observe=_observe,
    plan=plan,
)
