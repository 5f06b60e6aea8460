"""`emberlake dev-credentials`: make the development passwords in the cluster, once.

Runs as a Job of the chart. Every Secret is created if absent and never changed, so running it again, or
twice at once, is harmless. All S3 Secrets share one key pair. Only names are printed.
"""

import argparse
import base64
import json
import re
import secrets
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Protocol

SecretData = Mapping[str, str]

_DNS_NAME = r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?"
_TARGET = re.compile(rf"(?P<namespace>{_DNS_NAME})/(?P<name>{_DNS_NAME}):(?P<kind>s3|postgresql)")
S3_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
LABELS = {
    "app.kubernetes.io/name": "emberlake",
    "app.kubernetes.io/component": "dev-credentials",
    "app.kubernetes.io/part-of": "emberlake",
}


@dataclass(frozen=True)
class Target:
    """One Secret to make sure of; `kind` is `s3` or `postgresql`."""

    namespace: str
    name: str
    kind: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


class SecretStore(Protocol):
    """Secrets of the cluster, with decoded values."""

    def get(self, target: Target) -> SecretData | None:
        """Data of the Secret, None when there is none."""

    def create(self, target: Target, data: SecretData) -> bool:
        """Create the Secret; False when one of this name exists already."""


class UnusableSecretError(Exception):
    """An existing Secret lacks the keys its users need."""


class RefusedError(Exception):
    """The API server refused a read or a write."""


def parse_target(text: str) -> Target:
    """Read `NAMESPACE/NAME:KIND`."""
    match = _TARGET.fullmatch(text)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAMESPACE/NAME:KIND with KIND s3 or postgresql")
    return Target(match["namespace"], match["name"], match["kind"])


def new_s3_pair() -> SecretData:
    """A fresh S3 key pair; 256 bits of secret."""
    return {S3_KEYS[0]: f"dev-{secrets.token_hex(8)}", S3_KEYS[1]: secrets.token_urlsafe(32)}


def new_postgresql_login() -> SecretData:
    """User `hms` with a fresh password."""
    return {"username": "hms", "password": secrets.token_urlsafe(32)}


def _s3_pair_of(target: Target, data: SecretData) -> SecretData:
    missing = [key for key in S3_KEYS if not data.get(key)]
    if missing:
        raise UnusableSecretError(
            f"Secret {target} exists without {', '.join(missing)}: add them, or delete it and run again"
        )
    return {key: data[key] for key in S3_KEYS}


def ensure(store: SecretStore, targets: Sequence[Target]) -> dict[Target, str]:
    """Create what is missing; returns `created` or `exists` per target.

    Of two runs at once the one that creates the first S3 Secret wins: the other meets AlreadyExists there
    and takes over its pair before it writes the rest.
    """
    outcome: dict[Target, str] = {}
    for target in (target for target in targets if target.kind == "postgresql"):
        present = store.get(target) is not None or not store.create(target, new_postgresql_login())
        outcome[target] = "exists" if present else "created"

    s3_targets = [target for target in targets if target.kind == "s3"]
    found = {target: data for target in s3_targets if (data := store.get(target)) is not None}
    pairs = [_s3_pair_of(target, data) for target, data in found.items()]
    pair = pairs[0] if pairs else new_s3_pair()
    for target in s3_targets:
        if target in found:
            outcome[target] = "exists"
        elif store.create(target, pair):
            outcome[target] = "created"
        else:
            outcome[target] = "exists"
            other = store.get(target)
            pair = pair if other is None else _s3_pair_of(target, other)
    return outcome


def _message(body: str | None) -> str:
    """The API server's own words from the Status object it answered with."""
    try:
        return str(json.loads(body or "")["message"])
    except (ValueError, KeyError):
        return body or "no answer from the API server"


class ClusterSecrets:
    """SecretStore over the API server this process is configured for (pod or kubeconfig)."""

    def __init__(self) -> None:
        # The client takes a second to import, which other commands need not wait for.
        from kubernetes import client, config  # noqa: PLC0415

        config.load_config()  # type: ignore[no-untyped-call]
        self._client = client
        self._api = client.CoreV1Api()

    def get(self, target: Target) -> SecretData | None:
        """Data of the Secret, None when there is none; RefusedError on any other answer."""
        try:
            secret = self._api.read_namespaced_secret(target.name, target.namespace)
        except self._client.ApiException as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise RefusedError(f"cannot read Secret {target}: {_message(error.body)}") from error
        return {key: base64.b64decode(value).decode() for key, value in (secret.data or {}).items()}

    def create(self, target: Target, data: SecretData) -> bool:
        """Create the Secret; False when it exists already, RefusedError on any other answer."""
        body = self._client.V1Secret(
            metadata=self._client.V1ObjectMeta(name=target.name, labels=LABELS), string_data=dict(data)
        )
        try:
            self._api.create_namespaced_secret(target.namespace, body, field_manager="emberlake")
        except self._client.ApiException as error:
            if error.status == HTTPStatus.CONFLICT:
                return False
            raise RefusedError(f"cannot create Secret {target}: {_message(error.body)}") from error
        return True


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the subcommand."""
    parser = commands.add_parser(
        "dev-credentials",
        help="create missing development Secrets",
        description="Create the development Secrets that do not exist yet; existing ones are left alone.",
    )
    parser.add_argument(
        "--secret",
        dest="targets",
        metavar="NAMESPACE/NAME:KIND",
        type=parse_target,
        action="append",
        required=True,
        help="a Secret to make sure of, KIND s3 or postgresql; may be repeated",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Make sure of the Secrets; 1 when one cannot be read, made or used."""
    try:
        outcome = ensure(ClusterSecrets(), arguments.targets)
    except (RefusedError, UnusableSecretError) as error:
        print(f"emberlake dev-credentials: {error}", file=sys.stderr)
        return 1
    for target, result in outcome.items():
        print(f"Secret {target} {result}")
    return 0
