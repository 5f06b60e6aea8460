"""Leadership among real processes' leases."""

import asyncio
import os

import pytest
from demo import kube

from emberlake.core.api import KubeApi
from emberlake.core.lease import Lease
from emberlake.core.model import Ref

pytestmark = pytest.mark.cluster


async def test_one_leads_and_the_next_follows_after_release(
    namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "KUBECONFIG", kube.KUBECONFIG)
    api = await KubeApi.connect()
    try:
        ref = Ref("Lease", namespace, "test")
        first = Lease(api, ref, "first", duration=60, renew=0.1)
        second = Lease(api, ref, "second", duration=60, renew=0.1)
        await first.acquire()
        waiting = asyncio.create_task(second.acquire())
        holding = asyncio.create_task(first.hold())
        done, _ = await asyncio.wait({waiting}, timeout=1)
        assert not done
        holding.cancel()
        await first.release()
        async with asyncio.timeout(10):
            await waiting
        lease = await api.get(ref)
        assert lease is not None
        assert lease["spec"]["holderIdentity"] == "second"
        await first.release()
        lease = await api.get(ref)
        assert lease is not None
        assert lease["spec"]["holderIdentity"] == "second"
    finally:
        await api.close()


async def test_a_dead_leaders_lease_runs_out(namespace: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "KUBECONFIG", kube.KUBECONFIG)
    api = await KubeApi.connect()
    try:
        ref = Ref("Lease", namespace, "test")
        await Lease(api, ref, "dead", duration=2, renew=0.1).acquire()
        async with asyncio.timeout(20):
            await Lease(api, ref, "heir", duration=2, renew=0.1).acquire()
    finally:
        await api.close()
