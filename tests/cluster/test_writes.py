"""The API server's side of docs/decisions/0005: what becomes of a write whose guard does not hold."""

import os
from collections.abc import AsyncIterator
from typing import Any

import pytest
from demo import kube

from emberlake.core.api import NEVER, ApiError, KubeApi
from emberlake.core.model import Delete, Ref

pytestmark = pytest.mark.cluster


@pytest.fixture
async def api(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[KubeApi]:
    monkeypatch.setitem(os.environ, "KUBECONFIG", kube.KUBECONFIG)
    found = await KubeApi.connect()
    yield found
    await found.close()


def config_map(namespace: str, data: dict[str, str], **identity: str) -> dict[str, Any]:
    meta = {"name": "guarded", "namespace": namespace, **identity}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": data}


async def test_an_apply_changes_only_what_was_seen(api: KubeApi, namespace: str) -> None:
    first = await api.apply(config_map(namespace, {"a": "1", "b": "1"}, resourceVersion=NEVER))
    seen = {key: first["metadata"][key] for key in ("uid", "resourceVersion")}
    second = await api.apply(config_map(namespace, {"a": "2"}, **seen))
    # A field that is left out goes, which it would not after a POST.
    assert second["data"] == {"a": "2"}
    for identity in ({"resourceVersion": NEVER}, seen):
        with pytest.raises(ApiError) as caught:
            await api.apply(config_map(namespace, {"a": "outdated"}, **identity))
        assert caught.value.status == 409
    ref = Ref("ConfigMap", namespace, "guarded")
    with pytest.raises(ApiError) as caught:
        await api.delete(Delete(ref, "another"))
    assert caught.value.status == 409
    found = await api.get(ref)
    assert found is not None
    assert found["data"] == {"a": "2"}
    await api.delete(Delete(ref, seen["uid"]))
    with pytest.raises(ApiError) as caught:
        await api.apply(config_map(namespace, {"a": "back"}, **seen))
    assert caught.value.status == 409
    assert await api.get(ref) is None
