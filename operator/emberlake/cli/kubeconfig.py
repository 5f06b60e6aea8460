"""Which API server, as whom, and in which namespace: from a kubeconfig, or from the pod that this runs in."""

import os
from pathlib import Path
from typing import Any

from emberlake.cli.errors import CliError, ExitCode

_SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")


def load(kubeconfig: str | None, context: str | None) -> tuple[Any, str]:
    """The client's configuration and the default namespace.

    Raises:
        CliError: REFUSED when there is no usable configuration.
    """
    import yaml  # noqa: PLC0415
    from kubernetes import client, config  # noqa: PLC0415

    configuration = client.Configuration()
    # One refused connection is answer enough.
    configuration.retries = False
    place = kubeconfig or config.KUBE_CONFIG_DEFAULT_LOCATION
    try:
        namespace = _from_files(place, context, configuration)
        if namespace is not None:
            return configuration, namespace
        if kubeconfig or context or not os.environ.get("KUBERNETES_SERVICE_HOST"):
            raise CliError(f"no kubeconfig at {place}: name one with --kubeconfig", ExitCode.REFUSED)
        config.load_incluster_config(client_configuration=configuration)  # type: ignore[no-untyped-call]
        return configuration, _SERVICE_ACCOUNT.read_text()
    except (config.ConfigException, yaml.YAMLError, OSError) as error:
        raise CliError(f"the kubeconfig cannot be used: {error}", ExitCode.REFUSED) from error


def _from_files(place: str, context: str | None, configuration: Any) -> str | None:
    """Fill the configuration; the context's namespace, None when no file is there."""
    from kubernetes.config.kube_config import KubeConfigLoader, KubeConfigMerger  # noqa: PLC0415

    merger: Any = KubeConfigMerger(place)  # type: ignore[no-untyped-call]
    if merger.config is None:
        return None
    loader: Any = KubeConfigLoader(  # type: ignore[no-untyped-call]
        config_dict=merger.config,
        active_context=context,
        config_base_path=None,
        config_persister=merger.save_changes,
    )
    loader.load_and_set(configuration)
    return str(loader.current_context["context"].get("namespace") or "default")
