"""Metrics and UI of a SparkApplication. Pure."""

from typing import Any

import javaproperties

from emberlake.cli.kubeflow.source import Source

Document = dict[str, Any]

_JMX = "metrics are served by Spark itself on the UI's port, without the JMX exporter"
_SERVICE = "ui.service makes the Service NAME-ui of the UI's port; make one of your own for more"


def monitoring(source: Source, conf: dict[str, str]) -> Document:
    """Metrics for Prometheus, and settings of Spark's metrics system."""
    driver, executor = source.take("exposeDriverMetrics"), source.take("exposeExecutorMetrics")
    properties, file = source.take("metricsProperties"), source.take("metricsPropertiesFile")
    if file:
        conf["spark.metrics.conf"] = file
        if properties:
            source.tell(("metricsProperties",), "metricsPropertiesFile wins over it")
    elif properties:
        conf |= {
            f"spark.metrics.conf.{key}": value for key, value in javaproperties.loads(properties).items()
        }
    prometheus = source.part("prometheus")
    for key in ("jmxExporterJar", "port", "portName", "configFile", "configuration"):
        prometheus.lose(key, _JMX)
    if driver is None and executor is None:
        return {}
    return {"monitoring": {"prometheus": bool(driver or executor)}}


def ui(source: Source) -> Document:
    """Service and Ingress of the Spark UI."""
    found: Document = {}
    for key in ("servicePort", "servicePortName", "serviceType", "serviceAnnotations", "serviceLabels"):
        if key in source:
            found["service"] = True
            source.lose(key, _SERVICE)
    annotations = source.take("ingressAnnotations", {})
    host, secret = _tls(source)
    if host:
        ingress = {"host": host, "tlsSecretName": secret, "annotations": annotations}
        found["ingress"] = {key: value for key, value in ingress.items() if value}
    elif annotations:
        source.tell(
            ("ingressAnnotations",), "ui.ingress needs a host, which Kubeflow's operator is configured with"
        )
    return {"ui": found} if found else {}


def _tls(source: Source) -> tuple[str | None, str | None]:
    """The first host, and its certificate."""
    entries = list(source.parts("ingressTLS"))
    if not entries:
        return None, None
    first, *others = entries
    for other in others:
        for key in ("hosts", "secretName"):
            other.lose(key, "ui.ingress has one host")
    hosts: list[str] = first.take("hosts", [])
    for index in range(1, len(hosts)):
        first.tell(("hosts", index), "ui.ingress has one host")
    if not hosts:
        first.lose("secretName", "ui.ingress needs a host")
    return (hosts[0] if hosts else None), first.take("secretName")
