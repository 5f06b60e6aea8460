"""Places in a document, as people write them. Pure."""

from collections.abc import Iterator

Path = tuple[int | str, ...]


def dotted(path: Path) -> str:
    """For example spec.deps.jars[2] or spec.sparkConf[spark.app.name]."""
    return "".join(_steps(path)).lstrip(".")


def _steps(path: Path) -> Iterator[str]:
    for step in path:
        yield f".{step}" if isinstance(step, str) and step.isidentifier() else f"[{step}]"
