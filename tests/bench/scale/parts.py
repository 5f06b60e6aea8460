"""The measurements, on the control plane that KUBECONFIG names; `bench.scale` starts one and runs this."""

import sys
from collections.abc import Callable
from pathlib import Path

from demo import kube

from bench.report import markdown
from bench.scale import idle, many, replicas
from bench.submission.adapters.emberlake import Emberlake
from bench.submission.figures import Row

MEASURES: dict[str, Callable[[str, Path], list[Row]]] = {
    "replicas": replicas.measure,
    "idle": idle.measure,
    "many": many.measure,
}


def _install() -> None:
    for path in sorted((kube.ROOT / "charts/emberlake/files/crds").glob("*.yaml")):
        kube.kubectl("apply", "--server-side", "-f", str(path))
    kube.kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=60s")


def _namespace(name: str) -> str:
    kube.kubectl("create", "namespace", name)
    for account in Emberlake.accounts:
        kube.kubectl("create", "serviceaccount", account, "-n", name)
    return name


def main(folder: Path, parts: list[str]) -> None:
    """Measure and print."""
    _install()
    for part in parts:
        (place := folder / part).mkdir()
        print(markdown((part, "value"), MEASURES[part](_namespace(part), place)), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
