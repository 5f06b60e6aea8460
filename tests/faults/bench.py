"""An operator behind a proxy, in a world of its own."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from faults import oracles
from faults.fault import Fault
from faults.namespaces import Namespaces
from faults.process import OperatorProcess
from faults.proxy import Proxy
from faults.record import Counts, State, counts_of, state_of
from faults.tls import Identity
from faults.upstream import Upstream
from faults.world import Seen, World

TIMERS = {"relist": 4.0, "request": 3.0, "silence": 4.0, "longestBackoff": 2.0, "refused": 2.0}
IMAGES = {kind: f"emberlake/{kind}:test" for kind in ("spark", "sail", "crawler", "trino")}
RELEASE = {"spark": "4.1.4", "iceberg": "1.11.0", "java": "21", "python": "3.13", "images": IMAGES}


@dataclass(frozen=True)
class Ground:
    """What all runs of a process share. `trino` is an HTTP proxy behind which every host is a Trino."""

    upstream: Upstream
    namespaces: Namespaces
    identity: Identity
    folder: Path
    trino: str


@dataclass
class Bench:
    """One operator in one world; the target of a fault."""

    world: World
    proxy: Proxy
    operator: OperatorProcess
    drivers: oracles.LiveDrivers

    def see(self, seen: Seen) -> None:
        """Something happened in the world."""
        if seen.plural == "pods":
            self.drivers.see(seen.type, seen.object)

    async def restart(self) -> None:
        """End the operator as kill -9 does, and start it again."""
        self.operator.kill()
        self.operator.start()

    async def version(self) -> int:
        """The API server's present resourceVersion."""
        where = f"/api/v1/namespaces/{self.world.namespace}/pods"
        found = await self.world.upstream.call("GET", where, query={"limit": "1"})
        return int(found["metadata"]["resourceVersion"])

    @property
    def state(self) -> State:
        """The present state of everything."""
        return state_of(self.world.objects.values(), self.world.namespace)

    @property
    def counts(self) -> Counts:
        """How often each object was created and deleted so far."""
        return counts_of((seen.type, seen.object) for seen in self.world.history)


@asynccontextmanager
async def bench(ground: Ground, fault: Fault, name: str, timers: Mapping[str, float]) -> AsyncIterator[Bench]:
    """A running operator in a fresh world.

    Args:
        name: of the folder with its files.
        timers: the operator's, where they are not those of TIMERS.
    """
    async with ground.namespaces.world() as world:
        folder = ground.folder / name.replace("/", "_") / uuid.uuid4().hex[:8]
        folder.mkdir(parents=True)
        proxy = Proxy(ground.upstream, ground.identity.context(), fault)
        await proxy.start()
        (folder / "config.yaml").write_text(yaml.safe_dump(settings(world.namespace, timers)))
        operator = OperatorProcess(_environment(ground, folder, proxy.port), folder / "operator.log")
        made = Bench(world, proxy, operator, oracles.LiveDrivers())
        proxy.target = made
        world.listeners.append(made.see)
        operator.start()
        nurse = asyncio.create_task(operator.nurse())
        try:
            yield made
        finally:
            nurse.cancel()
            operator.kill()
            await proxy.stop()


def _environment(ground: Ground, folder: Path, port: int) -> dict[str, str]:
    kubeconfig = folder / "kubeconfig"
    kubeconfig.write_text(json.dumps(_kubeconfig(ground, port)))
    return {
        "KUBECONFIG": str(kubeconfig),
        "EMBERLAKE_CONFIG": str(folder / "config.yaml"),
        "EMBERLAKE_PORT": "0",
        "POD_NAME": "operator-under-test",
        "HTTP_PROXY": ground.trino,
        "NO_PROXY": "127.0.0.1",
    }


def _kubeconfig(ground: Ground, port: int) -> dict[str, Any]:
    authority = str(ground.identity.certificate)
    cluster = {"server": f"https://127.0.0.1:{port}", "certificate-authority": authority}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "proxy",
        "clusters": [{"name": "proxy", "cluster": cluster}],
        "users": [{"name": "operator", "user": {"token": "the-proxy-has-its-own"}}],
        "contexts": [{"name": "proxy", "context": {"cluster": "proxy", "user": "operator"}}],
    }


def settings(namespace: str, timers: Mapping[str, float]) -> dict[str, Any]:
    """The operator's settings: one namespace, short timers, and no node for a driver."""
    return {
        "watchNamespaces": [namespace],
        "namespace": namespace,
        "defaults": {"release": "ember-1.0", "sparkConf": {"spark.kubernetes.driver.scheduler.name": "none"}},
        "releases": {"ember-1.0": RELEASE},
        "timers": {**TIMERS, **timers},
    }
