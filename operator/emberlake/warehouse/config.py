"""Trino's etc files, beside those of the catalogs. Pure."""

import json

from emberlake.core import properties
from emberlake.core.model import Owner
from emberlake.warehouse.memory import Sizes

PORT = 8080
DATA_DIR = "/data/trino"
# May ask a worker to drain; used by the pod's own preStop hook only.
SHUTDOWN_USER = "emberlake"
_LARGE_HEAP_MIB = 8192
_JVM = (
    "-XX:+UseG1GC",
    "-XX:+ExplicitGCInvokesConcurrent",
    "-XX:+ExitOnOutOfMemoryError",
    "-XX:-OmitStackTraceInFastThrow",
    "-XX:ReservedCodeCacheSize=256M",
    "-XX:PerMethodRecompilationCutoff=10000",
    "-XX:PerBytecodeRecompilationCutoff=10000",
    "-Djdk.attach.allowAttachSelf=true",
    "-Djdk.nio.maxCachedBufferSize=2000000",
    "-Dfile.encoding=UTF-8",
    "-XX:+EnableDynamicAgentLoading",
    "--enable-native-access=ALL-UNNAMED",
    "--sun-misc-unsafe-memory-access=allow",
)


def service_url(owner: Owner) -> str:
    """Address of a warehouse inside the cluster."""
    return f"http://{owner.name}.{owner.namespace}.svc:{PORT}"


def coordinator_files(owner: Owner, sizes: Sizes) -> dict[str, str]:
    """The coordinator's etc files by name."""
    return {
        **_common(owner, sizes),
        "config.properties": properties.render(
            {
                "coordinator": "true",
                # Always, so that going from no worker to some and back restarts nothing.
                "node-scheduler.include-coordinator": "true",
                "discovery.uri": f"http://127.0.0.1:{PORT}",
                **_server(sizes),
            }
        ),
    }


def worker_files(owner: Owner, sizes: Sizes) -> dict[str, str]:
    """A worker's etc files by name."""
    rules = {"system_information": [{"user": SHUTDOWN_USER, "allow": ["read", "write"]}]}
    return {
        **_common(owner, sizes),
        "config.properties": properties.render(
            {
                "coordinator": "false",
                "discovery.uri": service_url(owner),
                # Longer than the 5 s in which the coordinator notices that a worker drains.
                "shutdown.grace-period": "10s",
                **_server(sizes),
            }
        ),
        # Trino's default refuses everybody the request to drain.
        "access-control.properties": properties.render(
            {"access-control.name": "file", "security.config-file": "/etc/trino/rules.json"}
        ),
        "rules.json": json.dumps(rules) + "\n",
    }


def _common(owner: Owner, sizes: Sizes) -> dict[str, str]:
    region = "32M" if sizes.heap >= _LARGE_HEAP_MIB else "8M"
    flags = ("-server", f"-Xmx{sizes.heap}M", f"-XX:G1HeapRegionSize={region}", *_JVM)
    return {
        "node.properties": properties.render(
            {
                "node.environment": owner.name.replace("-", "_"),
                "node.id": "${ENV:POD_NAME}",
                "node.data-dir": DATA_DIR,
            }
        ),
        "jvm.config": "".join(f"{flag}\n" for flag in flags),
        "log.properties": properties.render({"io.trino": "INFO"}),
    }


def _server(sizes: Sizes) -> dict[str, str]:
    return {
        "http-server.http.port": str(PORT),
        # An Ingress or Gateway in front sends X-Forwarded headers, which Trino refuses otherwise.
        "http-server.process-forwarded": "true",
        "memory.heap-headroom-per-node": f"{sizes.headroom}MB",
        "query.max-memory-per-node": f"{sizes.query}MB",
        # The limit of each node decides: a limit on the sum would change with the number of workers.
        "query.max-memory": "1PB",
    }
