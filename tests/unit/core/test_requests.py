import aiohttp
import pytest
from aiohttp import web
from prometheus_client import REGISTRY

from emberlake.core.requests import resource, trace


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/api/v1/pods", "pods"),
        ("/api/v1/namespaces/demo/pods", "pods"),
        ("/api/v1/namespaces/demo/pods/etl-1-1-driver", "pods"),
        ("/api/v1/namespaces/demo/pods/etl-1-1-driver/log", "pods/log"),
        ("/api/v1/namespaces/demo", "namespaces"),
        ("/apis/emberlake.dev/v1alpha1/sparkjobs", "sparkjobs"),
        ("/apis/emberlake.dev/v1alpha1/namespaces/api/sparkjobs/v1/status", "sparkjobs/status"),
        ("/behind/a/proxy/apis/batch/v1/namespaces/demo/jobs/x", "jobs"),
        ("/healthz", "other"),
    ],
)
def test_no_name_of_an_object_reaches_a_label(path: str, expected: str) -> None:
    assert resource(path) == expected


def count(code: str) -> float:
    labels = {"code": code, "method": "PATCH", "resource": "sparkjobs/status"}
    return REGISTRY.get_sample_value("rest_client_requests_total", labels) or 0


async def test_every_request_is_counted_with_its_answer(unused_tcp_port: int) -> None:
    async def refuse(_: web.Request) -> web.Response:
        return web.Response(status=409)

    app = web.Application()
    path = "/apis/emberlake.dev/v1alpha1/namespaces/demo/sparkjobs/etl/status"
    app.router.add_patch(path, refuse)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", unused_tcp_port).start()
    before = count("409"), count("<error>")
    url = f"http://127.0.0.1:{unused_tcp_port}{path}"
    async with aiohttp.ClientSession(trace_configs=[trace()]) as session:
        async with session.patch(url) as answer:
            assert answer.status == 409
        await runner.cleanup()
        with pytest.raises(aiohttp.ClientConnectionError):
            await session.patch(url)
    assert (count("409"), count("<error>")) == (before[0] + 1, before[1] + 1)
