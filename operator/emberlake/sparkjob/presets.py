"""Settings that go with a field but are no part of it: spec.sparkConf wins over them. Pure."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from emberlake.api.v1alpha1.catalog import CatalogSpec
from emberlake.api.v1alpha1.sparkjob import SparkJobSpec
from emberlake.catalog.render import fallback_storage
from emberlake.settings import Settings


class Preset(NamedTuple):
    """One setting and the field it goes with."""

    key: str
    value: str
    source: str


def presets(
    spec: SparkJobSpec, catalogs: Sequence[tuple[str, CatalogSpec]], settings: Settings
) -> Iterator[Preset]:
    """The settings of placement, local storage and monitoring."""
    if spec.executor.placement == "Spot":
        for key, value in _spot(catalogs, settings).items():
            yield Preset(key, value, "default for spec.executor.placement Spot")
    if spec.executor.local_storage:
        for key, value in _REUSE.items():
            yield Preset(key, value, "default for spec.executor.localStorage")
    if spec.monitoring.prometheus:
        for key, value in _PROMETHEUS.items():
            yield Preset(key, value, "default for spec.monitoring.prometheus")


# A claim outlives its executor, and the next executor finds the shuffle files in it.
_REUSE = {
    "spark.kubernetes.driver.ownPersistentVolumeClaim": "true",
    "spark.kubernetes.driver.reusePersistentVolumeClaim": "true",
    "spark.kubernetes.driver.waitToReusePersistentVolumeClaim": "true",
    "spark.shuffle.sort.io.plugin.class": "org.apache.spark.shuffle.KubernetesLocalDiskShuffleDataIO",
}
_PROMETHEUS = {
    "spark.ui.prometheus.enabled": "true",
    "spark.metrics.conf.*.sink.prometheusServlet.class": "org.apache.spark.metrics.sink.PrometheusServlet",
    "spark.metrics.conf.*.sink.prometheusServlet.path": "/metrics/prometheus",
    "spark.metrics.appStatusSource.enabled": "true",
    # By default the application id: every run would make new names.
    "spark.metrics.namespace": "spark",
}
_DECOMMISSION = {
    "spark.decommission.enabled": "true",
    "spark.storage.decommission.enabled": "true",
    "spark.storage.decommission.rddBlocks.enabled": "true",
    "spark.storage.decommission.shuffleBlocks.enabled": "true",
    # An executor goes after a round that found nothing to move. Spark's 30 s are all that some clouds give.
    "spark.storage.decommission.replicationReattemptInterval": "5s",
    # The longest notice that a cloud gives.
    "spark.kubernetes.executor.terminationGracePeriodSeconds": "120s",
    # Nodes that are taken away must not add up to a failed job.
    "spark.executor.failuresValidityInterval": "1h",
}


def _spot(catalogs: Sequence[tuple[str, CatalogSpec]], settings: Settings) -> dict[str, str]:
    found = dict(_DECOMMISSION)
    if catalogs:
        found["spark.storage.decommission.fallbackStorage.path"] = fallback_storage(catalogs[0][1])
        found["spark.storage.decommission.fallbackStorage.cleanUp"] = "true"
    for key, value in settings.defaults.spot.node_selector.items():
        found[f"spark.kubernetes.executor.node.selector.{key}"] = value
    return found
