"""Health and metrics over HTTP."""

from collections.abc import Callable

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

Check = Callable[[], str | None]


async def serve(port: int, healthy: Check, ready: Check) -> web.AppRunner:
    """Serve /healthz, /readyz and /metrics; a check returns None, or what is wrong.

    Returns:
        The runner; the caller cleans it up.
    """

    def probe(check: Check) -> Callable[[web.Request], web.Response]:
        def answer(_: web.Request) -> web.Response:
            problem = check()
            return web.Response(status=503 if problem else 200, text=f"{problem or 'ok'}\n")

        return answer

    def metrics(_: web.Request) -> web.Response:
        return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    def handler(answer: Callable[[web.Request], web.Response]) -> Callable[[web.Request], object]:
        async def handle(request: web.Request) -> web.Response:
            return answer(request)

        return handle

    app = web.Application()
    for route, answer in (("/healthz", probe(healthy)), ("/readyz", probe(ready)), ("/metrics", metrics)):
        app.router.add_get(route, handler(answer))  # type: ignore[arg-type]  # aiohttp types no closures
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, port=port).start()
    return runner
