"""How often the metastore is asked."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

from emberlake.catalog.observe import observe
from emberlake.core.cache import Cache
from emberlake.core.context import Context
from unit.catalog.catalogs import LAKE
from unit.catalog.test_plan import NOW, SETTINGS


@dataclass
class Metastore:
    """Counts the calls and answers what it is told."""

    error: str | None = None
    asked: list[tuple[str, ...]] = field(default_factory=list)

    async def ping(self, uris: Sequence[str]) -> str | None:
        self.asked.append(tuple(uris))
        return self.error


@dataclass
class Clocked(Context):
    """A context whose time the test moves."""

    at: datetime = NOW

    def now(self) -> datetime:
        return self.at


def manifest(uri: str = "thrift://a:9083") -> dict[str, Any]:
    return {
        "apiVersion": "emberlake.dev/v1alpha1",
        "kind": "Catalog",
        "metadata": {"namespace": "demo", "name": "lake", "uid": "u", "creationTimestamp": "x"},
        "spec": {**LAKE, "metastore": {"uris": [uri]}},
    }


def context() -> Clocked:
    return Clocked(cast("Any", None), Cache(), SETTINGS)


async def asked_after(error: str | None, seconds: int, uri: str = "thrift://a:9083") -> int:
    metastore, here = Metastore(error), context()
    await observe(here, manifest(), metastore.ping)
    here.at += timedelta(seconds=seconds)
    found = await observe(here, manifest(uri), metastore.ping)
    assert found.metastore.error == error
    return len(metastore.asked)


async def test_an_answering_metastore_is_asked_every_45_s() -> None:
    assert await asked_after(None, 44) == 1
    assert await asked_after(None, 45) == 2


async def test_a_silent_metastore_is_asked_every_10_s() -> None:
    assert await asked_after("refused", 9) == 1
    assert await asked_after("refused", 10) == 2


async def test_another_address_is_asked_at_once() -> None:
    assert await asked_after(None, 1, "thrift://b:9083") == 2
