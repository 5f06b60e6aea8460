"""Settings of the operator, written by the chart into one YAML file."""

import os
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel


class _Model(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)


class Spot(_Model):
    """Where executors of placement Spot run."""

    node_selector: dict[str, str] = Field(default_factory=dict)
    tolerations: list[dict[str, Any]] = Field(default_factory=list)


class Defaults(_Model):
    """What a job gets that says nothing."""

    release: str
    cpu_request_per_core: str = "1"
    image_pull_policy: str = "IfNotPresent"
    image_pull_secrets: list[str] = Field(default_factory=list)
    spark_conf: dict[str, str] = Field(default_factory=dict)
    spot: Spot = Spot()
    storage_class_name: str = ""


class Images(_Model):
    """Images of a release."""

    spark: str
    sail: str
    crawler: str
    trino: str


class Release(_Model):
    """Versions that were tested together."""

    spark: str
    iceberg: str
    java: str
    python: str
    images: Images
    spark_conf: dict[str, str] = Field(default_factory=dict)


class Crawler(_Model):
    """Size of a crawl pod."""

    cpu_request: str = "100m"
    memory: str = "512Mi"


class Trino(_Model):
    """Size of a Trino pod."""

    cpu_request: str = "200m"


class ServiceAccounts(_Model):
    """Accounts that the chart makes in each job namespace."""

    driver: str = "emberlake-driver"
    executor: str = "emberlake-executor"
    crawler: str = "emberlake-crawler"


class Timers(_Model):
    """Waits of the operator, in seconds; tests shorten them."""

    relist: float = Field(300, gt=0, description="Between two lists of everything.")
    request: float = Field(30, gt=0, description="For the answer to a request.")
    silence: float = Field(70, gt=0, description="Without a word on a watch until it counts as dead.")
    longest_backoff: float = Field(60, gt=0, description="Between two tries of what keeps failing.")
    refused: float = Field(30, gt=0, description="Until what was refused is tried again.")


class Settings(_Model):
    """The operator's whole configuration; nothing else is read at run time."""

    watch_namespaces: list[str] = Field(default_factory=list)
    namespace: str = "emberlake"
    defaults: Defaults
    releases: dict[str, Release]
    crawler: Crawler = Crawler()
    trino: Trino = Trino()
    service_accounts: ServiceAccounts = ServiceAccounts()
    timers: Timers = Timers()

    def release(self, label: str | None) -> Release | None:
        """The release of this label (None: the default one), or None when it is not served."""
        return self.releases.get(label or self.defaults.release)


def load(path: str | None = None) -> Settings:
    """Read the settings file; its path is in EMBERLAKE_CONFIG.

    Raises:
        pydantic.ValidationError: names the field that is wrong.
    """
    found = Path(path or os.environ.get("EMBERLAKE_CONFIG", "/etc/emberlake/config.yaml"))
    document: dict[str, Any] = yaml.safe_load(found.read_text())
    return Settings.model_validate(document)
